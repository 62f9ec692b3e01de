import type { Context } from 'hono'
import type { z } from 'zod'
import type { Problem } from '../contract.ts'
import { problem } from './problem.ts'

/** What a client sent, checked; or the answer that tells it what is wrong. */
export type Input<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly response: Response }

/** Reads a JSON body through a schema. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<Input<T>> {
  const type = c.req.header('Content-Type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const detail = 'send the body as JSON with Content-Type: application/json'
    return { ok: false, response: problem(c, { status: 415, code: 'E_API', detail }) }
  }
  const parsed = parseJson(await c.req.text())
  if (parsed === undefined) {
    const detail = 'the body is not JSON; check quotes and commas'
    return { ok: false, response: problem(c, { status: 400, code: 'E_API', detail }) }
  }
  return check(c, schema, parsed.value)
}

/** Reads the query string through a schema. */
export function readQuery<T>(c: Context, schema: z.ZodType<T>): Input<T> {
  return check(c, schema, c.req.query())
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function check<T>(c: Context, schema: z.ZodType<T>, raw: unknown): Input<T> {
  const result = schema.safeParse(raw, { reportInput: true })
  if (result.success) return { ok: true, value: result.data }
  const errors = result.error.issues.flatMap(faultsOf)
  const detail = `${errors.map(({ field, wrong }) => `${field} ${wrong}`.trim()).join('; ')}; correct it and send again`
  return { ok: false, response: problem(c, { status: 400, code: 'E_API', detail, errors }) }
}

function faultsOf(issue: z.core.$ZodIssue): NonNullable<Problem['errors']> {
  const field = issue.path.map(String).join('.')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => ({
        field: [...issue.path.map(String), key].join('.'),
        wrong: 'is unknown',
      }))
    case 'invalid_type':
      return [
        { field, wrong: issue.input === undefined ? 'is missing' : `must be ${wanted(issue.expected)}` },
      ]
    case 'invalid_value':
      return [{ field, wrong: `must be one of ${issue.values.map(String).join(', ')}` }]
    case 'too_small':
      return [
        { field, wrong: issue.message.startsWith('must') ? issue.message : `is below ${issue.minimum}` },
      ]
    case 'too_big':
      return [{ field, wrong: `is above ${issue.maximum}` }]
    default:
      return [{ field, wrong: issue.message }]
  }
}

function wanted(type: string): string {
  return type === 'int'
    ? 'a whole number'
    : type === 'object' || type === 'array'
      ? `an ${type}`
      : `a ${type}`
}
