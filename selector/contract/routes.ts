/** The JSON of routes. */
import { z } from 'zod'
import { idSchema, oneLine, version } from '../contract.ts'
import { patternLength, PatternFault } from '../domain/pattern/parse.ts'
import { patternOf } from '../domain/pattern/pattern.ts'
import { days, type Route } from '../domain/route.ts'
import { isTimeZone } from '../domain/time-window.ts'

const plain = oneLine(patternLength).regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
const pattern = plain.superRefine((text, context) => {
  const read = patternOf(text)
  if (read instanceof PatternFault) context.addIssue({ code: 'custom', message: read.wrong })
})
const condition = z.union([z.strictObject({ prefix: plain }), z.strictObject({ pattern })], {
  error: issue => faultIn(issue.input),
})
const clock = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be HH:MM')
const window = z.strictObject({
  days: z.array(z.enum(days)).min(1).max(7).exactOptional(),
  from: clock,
  until: clock,
  zone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')
    .default('UTC'),
})
const number = z.string().regex(/^[0-9A-Za-z+*#_.-]{0,64}$/, 'must be at most 64 of 0-9 A-Z a-z + * # _ . -')
const rewrite = z.union(
  [
    z.strictObject({ as: z.string().regex(/^(?:[0-9A-Za-z+*#_.-]|\$[1-9]){1,64}$/) }),
    z.strictObject({ strip: z.int().min(0).max(64).exactOptional(), prepend: number.exactOptional() }),
  ],
  { error: 'must be {"as": "…$1…"}, or "strip" and "prepend"' },
)
const caller = z.strictObject({
  number: number.min(1).exactOptional(),
  name: oneLine(64).exactOptional(),
  privacy: z.enum(['withhold', 'reveal']).exactOptional(),
})
const target = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('agent'),
    agent: idSchema.exactOptional(),
    idle: z.literal(true).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('queue'), group: idSchema }),
  z.strictObject({ kind: z.literal('pool') }),
  z.strictObject({ kind: z.literal('trunk'), trunk: idSchema }),
  z.strictObject({ kind: z.literal('reject'), status: z.int().min(400).max(699) }),
])

const fields = {
  enabled: z.boolean(),
  direction: z.enum(['in', 'out']),
  when: z.strictObject({
    trunks: z.array(idSchema).min(1).max(256).exactOptional(),
    method: z.enum(['INVITE', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'REFER']).exactOptional(),
    number: condition.exactOptional(),
    caller: condition.exactOptional(),
    header: z
      .strictObject({
        name: z.string().regex(/^[A-Za-z0-9.!%*_+`'~-]{1,64}$/, 'must be the name of a header'),
        value: condition,
      })
      .exactOptional(),
    times: z.array(window).min(1).max(32).exactOptional(),
  }),
  rewrite,
  caller,
  to: z.array(target).min(1, 'must name at least one target').max(8),
}

/** A route to be added; it comes last, or before the one that `before` names. */
export const routeInput = z
  .strictObject({
    id: idSchema,
    enabled: fields.enabled.default(true),
    direction: fields.direction.default('in'),
    when: fields.when.prefault({}),
    rewrite: rewrite.exactOptional(),
    caller: caller.exactOptional(),
    to: fields.to,
    before: idSchema.exactOptional(),
  })
  .superRefine(fits)

/** A route written anew, at its place. */
export const routeReplacement = z
  .strictObject({
    enabled: fields.enabled.default(true),
    direction: fields.direction.default('in'),
    when: fields.when.prefault({}),
    rewrite: rewrite.exactOptional(),
    caller: caller.exactOptional(),
    to: fields.to,
  })
  .superRefine(fits)

/** Fields of a route to be changed; null takes one away. */
export const routePatch = z.strictObject({
  enabled: fields.enabled.exactOptional(),
  direction: fields.direction.exactOptional(),
  when: fields.when.exactOptional(),
  rewrite: rewrite.nullable().exactOptional(),
  caller: caller.nullable().exactOptional(),
  to: fields.to.exactOptional(),
})

/** Where a route is to be put: before another one, or last. */
export const routeMove = z.strictObject({ before: idSchema.nullable() })

/** A route as the API shows it. */
export const routeOutput = z.object({
  id: z.string(),
  enabled: z.boolean(),
  direction: z.enum(['in', 'out']),
  when: fields.when,
  rewrite: rewrite.optional(),
  caller: caller.optional(),
  to: z.array(target),
  /** Its place among all routes, counted from 1. */
  position: z.int(),
  version,
})

/** A call that is only imagined. */
export const routeTest = z.strictObject({
  direction: z.enum(['in', 'out']).default('in'),
  method: z
    .string()
    .regex(/^[A-Z]{1,32}$/, 'must be a method in capitals')
    .default('INVITE'),
  trunk: idSchema.exactOptional(),
  number: oneLine(64),
  caller: oneLine(64).default(''),
  headers: z.record(oneLine(64), oneLine(256)).default({}),
  /** Wall-clock milliseconds; absent: now. */
  at: z.number().min(0).max(8.64e15).exactOptional(),
})

/** Where it would go, and why. */
export const routeVerdict = z.object({
  /** `default`: there is no route at all, so the number is an agent's id. */
  kind: z.enum(['matched', 'default', 'none']),
  route: z.string().optional(),
  /** The number as the route rewrote it. */
  number: z.string().optional(),
  to: z.array(target),
  /** The routes before it, in order, and the condition that each failed on. */
  passed: z.array(
    z.object({
      id: z.string(),
      failed: z.enum(['disabled', 'direction', 'method', 'trunk', 'number', 'caller', 'header', 'time']),
    }),
  ),
  /** How many more there were than `passed` lists. */
  morePassed: z.int(),
})

export type RouteInput = z.input<typeof routeInput>
export type RoutePatch = z.input<typeof routePatch>
export type RouteOutput = z.output<typeof routeOutput>
export type RouteTestInput = z.input<typeof routeTest>
export type RouteVerdict = z.output<typeof routeVerdict>

type Checked = Pick<Route, 'direction' | 'when' | 'to'>

/** What no field can tell by itself. */
function fits(route: Checked, context: z.core.$RefinementCtx): void {
  const wrong = contradiction(route)
  if (wrong !== undefined) context.addIssue({ code: 'custom', path: ['to'], message: wrong })
}

/** Why the parts of a route do not go together; undefined when they do. */
export function contradiction({ direction, when, to }: Checked): string | undefined {
  const others = to.filter(({ kind }) => kind !== 'reject')
  if (when.method !== undefined && when.method !== 'INVITE' && others.length > 0) {
    return `must be reject for the method ${when.method}: only an INVITE goes anywhere`
  }
  if (direction === 'out' && others.some(({ kind }) => kind !== 'trunk'))
    return 'must be trunk or reject for the direction out'
  if (to.slice(0, -1).some(({ kind }) => kind === 'reject'))
    return 'must have reject last: nothing comes after it'
  return undefined
}

/** What is wrong with a condition, said of the one of its two forms that was meant. */
function faultIn(input: unknown): string {
  const given = typeof input === 'object' && input !== null && 'pattern' in input ? input.pattern : undefined
  const read = typeof given === 'string' ? patternOf(given) : undefined
  return read instanceof PatternFault ? read.wrong : 'must be {"prefix": "…"} or {"pattern": "…"}'
}
