import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { idSchema, listOf } from '../contract.ts'
import type { Collection, Versioned } from '../store/store.ts'
import { readBody } from './input.ts'
import { describe } from './openapi.ts'
import { notFound, problem } from './problem.ts'

/** One kind of object that operators write, and how its JSON and its stored form belong together. */
export interface Resource<T extends { readonly id: string }, Create, Replace, Patch, Shown> {
  /** Plural, as in the path. */
  readonly name: string
  readonly collection: Collection<T>
  readonly schemas: {
    readonly create: z.ZodType<Create>
    readonly replace: z.ZodType<Replace>
    readonly patch: z.ZodType<Patch>
    readonly shown: z.ZodType<Shown>
  }
  readonly create: (input: Create) => T | Promise<T>
  readonly replace: (current: T, input: Replace) => T
  readonly patch: (current: T, input: Patch) => T
  /** Without secrets. */
  show(items: readonly Versioned<T>[]): Promise<readonly Shown[]>
}

/** Serves a collection: list, read, add, replace, change, remove. Replacing and changing need `If-Match`. */
export function serveResource<T extends { readonly id: string }, Create, Replace, Patch, Shown>(
  app: OpenAPIHono,
  resource: Resource<T, Create, Replace, Patch, Shown>,
): void {
  const { name, collection, schemas } = resource
  const base = `/api/v1/${name}`
  const one = `${base}/:id`
  describeResource(app, base, resource)

  app.get(base, async c => c.json({ items: await resource.show(await collection.list()) }))

  app.get(one, async c => {
    const found = await findIn(collection, c)
    return found ? answer(c, resource, found, 200) : missing(c, name)
  })

  app.post(base, async c => {
    const body = await readBody(c, schemas.create)
    if (!body.ok) return body.response
    const item = await resource.create(body.value)
    const written = await collection.put(item, 0)
    if (written) return answer(c, resource, written, 201, { Location: `${base}/${item.id}` })
    const detail = `there is already ${item.id} in ${name}; change it with PATCH or take another id`
    return problem(c, { status: 409, code: 'E_CONFLICT', detail })
  })

  app.put(one, c => rewrite(c, resource, schemas.replace, resource.replace))
  app.patch(one, c => rewrite(c, resource, schemas.patch, resource.patch))

  app.delete(one, async c => {
    const id = idSchema.safeParse(c.req.param('id')).data
    return id !== undefined && (await collection.remove(id)) ? c.body(null, 204) : missing(c, name)
  })
}

/** The object that the path names, if there is one. */
export async function findIn<T extends { readonly id: string }>(
  collection: Collection<T>,
  c: Context,
): Promise<Versioned<T> | undefined> {
  const id = idSchema.safeParse(c.req.param('id')).data
  return id === undefined ? undefined : collection.get(id)
}

/** 404 for an object of a collection. */
export function missing(c: Context, name: string): Response {
  return notFound(c, `there is no ${c.req.param('id')} in ${name}; GET /api/v1/${name} lists what there is`)
}

async function rewrite<T extends { readonly id: string }, Shown, Body>(
  c: Context,
  resource: Pick<Resource<T, never, never, never, Shown>, 'name' | 'collection' | 'show'>,
  schema: z.ZodType<Body>,
  change: (current: T, input: Body) => T,
): Promise<Response> {
  const body = await readBody(c, schema)
  if (!body.ok) return body.response
  const current = await findIn(resource.collection, c)
  if (!current) return missing(c, resource.name)
  const expected = expectedVersion(c.req.header('If-Match'), current.version)
  if (expected === undefined) {
    const detail = `send If-Match with the ETag of the last GET, e.g. If-Match: "${current.version}"`
    return problem(c, { status: 428, code: 'E_API', detail })
  }
  const written = await resource.collection.put(change(current.item, body.value), expected)
  if (written) return answer(c, resource, written, 200)
  const detail = 'it was changed meanwhile; GET it again and repeat the change'
  return problem(c, { status: 412, code: 'E_CONFLICT', detail })
}

function expectedVersion(header: string | undefined, current: number): number | undefined {
  if (header?.trim() === '*') return current
  const text = /^\s*"(\d{1,15})"\s*$/.exec(header ?? '')?.[1]
  return text === undefined ? undefined : Number(text)
}

async function answer<T extends { readonly id: string }, Shown>(
  c: Context,
  resource: Pick<Resource<T, never, never, never, Shown>, 'show'>,
  found: Versioned<T>,
  status: 200 | 201,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const [shown] = await resource.show([found])
  return c.json(shown, status, { ...headers, ETag: `"${found.version}"` })
}

function describeResource<T extends { readonly id: string }, Create, Replace, Patch, Shown>(
  app: OpenAPIHono,
  path: string,
  { name, schemas }: Resource<T, Create, Replace, Patch, Shown>,
): void {
  const one = `${path}/{id}`
  const conditional = { id: idSchema, ifMatch: true }
  describe(app, 'get', path, { summary: `List ${name}`, output: listOf(schemas.shown) })
  describe(app, 'post', path, {
    summary: `Add to ${name}`,
    input: schemas.create,
    output: schemas.shown,
    status: 201,
  })
  describe(app, 'get', one, { summary: `Read one of ${name}`, id: idSchema, output: schemas.shown })
  describe(app, 'put', one, {
    summary: `Replace one of ${name}`,
    input: schemas.replace,
    output: schemas.shown,
    ...conditional,
  })
  describe(app, 'patch', one, {
    summary: `Change one of ${name}`,
    input: schemas.patch,
    output: schemas.shown,
    ...conditional,
  })
  describe(app, 'delete', one, { summary: `Remove one of ${name}`, id: idSchema, status: 204 })
}
