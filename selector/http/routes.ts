import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Clock } from '../../runtime/clock.ts'
import { PorticoError } from '../../runtime/errors.ts'
import { idSchema } from '../contract.ts'
import {
  contradiction,
  routeInput,
  routeMove,
  routeOutput,
  routePatch,
  routeReplacement,
  routeTest,
  routeVerdict,
  type RouteOutput,
  type RouteVerdict,
} from '../contract/routes.ts'
import { byRank, moved, rankGap, type Route } from '../domain/route.ts'
import { createRouteTable, targetsOf } from '../domain/route-table.ts'
import type { Collection, Store, Versioned } from '../store/store.ts'
import { readBody } from './input.ts'
import { describe } from './openapi.ts'
import { patched } from './patched.ts'
import { notFound } from './problem.ts'
import { findIn, missing, serveResource } from './resource.ts'

const path = '/api/v1/routes'
/** The most routes that an answer to a test lists. */
const mostListed = 500
const mostTries = 5

/** Serves routes in their order, with the order itself and a way to try them out. */
export function serveRoutes(
  app: OpenAPIHono,
  { store, clock }: { readonly store: Pick<Store, 'routes'>; readonly clock: Clock },
): void {
  const { routes } = store
  serveTest(app, routes, clock)
  serveMove(app, routes)
  serveResource(app, {
    name: 'routes',
    collection: routes,
    schemas: { create: routeInput, replace: routeReplacement, patch: routePatch, shown: routeOutput },
    create: async ({ before, ...input }) => ({ ...input, rank: await rankFor(routes, before) }),
    replace: ({ id, rank }, input) => ({ ...input, id, rank }),
    patch: (current, input) => consistent(patched(current, input)),
    show: items => show(routes, items),
  })
}

/** Routes as the API shows them, in their order. */
async function show(
  collection: Collection<Route>,
  items: readonly Versioned<Route>[],
): Promise<readonly RouteOutput[]> {
  const all = (await collection.list()).map(({ item }) => item).toSorted(byRank)
  const places = new Map(all.map(({ id }, index) => [id, index + 1]))
  return items
    .toSorted((a, b) => byRank(a.item, b.item))
    .map(({ item: { rank: _rank, ...item }, version }) =>
      routeOutput.parse({ ...item, position: places.get(item.id) ?? 0, version }),
    )
}

/** The rank of a new route. Making room may change those of others. */
async function rankFor(collection: Collection<Route>, before: string | undefined): Promise<number> {
  const all = (await collection.list()).map(({ item }) => item)
  const last = all.toSorted(byRank).at(-1)?.rank ?? 0
  if (before === undefined) return last + rankGap
  // A stand-in for the route that is not there yet.
  const newcomer: Route = { id: '', enabled: false, rank: last, direction: 'in', when: {}, to: [] }
  const ranks = moved([...all, newcomer], '', before)
  if (!ranks) throw noSuchRoute(before)
  const { ['']: own = last, ...others } = Object.fromEntries(ranks)
  await rerank(collection, new Map(Object.entries(others)))
  return own
}

function serveMove(app: OpenAPIHono, routes: Collection<Route>): void {
  describe(app, 'post', `${path}/{id}/move`, {
    summary: 'Put a route before another one, or last',
    id: idSchema,
    input: routeMove,
    output: routeOutput,
  })
  app.post(`${path}/:id/move`, async c => {
    const body = await readBody(c, routeMove)
    if (!body.ok) return body.response
    const before = body.value.before ?? undefined
    const found = await findIn(routes, c)
    if (!found) return missing(c, 'routes')
    const { id } = found.item
    if (before !== id) {
      const all = (await routes.list()).map(({ item }) => item)
      const ranks = moved(all, id, before)
      if (!ranks) return notFound(c, noSuchRoute(before).message)
      await rerank(routes, ranks)
    }
    const written = (await routes.get(id)) ?? found
    const [route] = await show(routes, [written])
    return c.json(route, 200, { ETag: `"${written.version}"` })
  })
}

function serveTest(app: OpenAPIHono, routes: Collection<Route>, clock: Clock): void {
  describe(app, 'post', `${path}/test`, {
    summary: 'Where a call would go, and which routes it would pass by and why; nothing is called',
    input: routeTest,
    output: routeVerdict,
  })
  app.post(`${path}/test`, async c => {
    const body = await readBody(c, routeTest)
    if (!body.ok) return body.response
    const { headers, at = clock.wall(), trunk, ...query } = body.value
    const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const table = createRouteTable((await routes.list()).map(({ item }) => item))
    const { match, passed } = table.explain({
      ...query,
      ...(trunk !== undefined && { trunk }),
      header: name => named.get(name.toLowerCase()),
      at,
    })
    const verdict: RouteVerdict = {
      kind: match.kind,
      ...(match.kind === 'matched' && { route: match.route.id }),
      ...(match.kind !== 'none' && { number: match.number }),
      to: [...targetsOf(match)],
      passed: passed.slice(0, mostListed),
      morePassed: Math.max(0, passed.length - mostListed),
    }
    return c.json(verdict)
  })
}

/** Gives routes new ranks, whatever else is being written to them. */
async function rerank(collection: Collection<Route>, ranks: ReadonlyMap<string, number>): Promise<void> {
  for (const [id, rank] of ranks) {
    for (let tries = 0; ; tries += 1) {
      const current = await collection.get(id)
      if (!current || current.item.rank === rank) break
      if (await collection.put({ ...current.item, rank }, current.version)) break
      if (tries === mostTries)
        throw new PorticoError('E_CONFLICT', `${id} is being changed all the time; try again`)
    }
  }
}

function consistent(route: Route): Route {
  const wrong = contradiction(route)
  if (wrong !== undefined) throw new PorticoError('E_CONFLICT', `to ${wrong}; change both at once`)
  return route
}

function noSuchRoute(id: string | undefined): PorticoError {
  return new PorticoError('E_NOT_FOUND', `there is no ${id} in routes; GET ${path} lists what there is`)
}
