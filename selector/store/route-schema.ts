import { z } from 'zod'
import { days, type Route } from '../domain/route.ts'

const text = z.string().max(4096)
const texts = z.array(text)
const condition = z.union([z.object({ prefix: text }), z.object({ pattern: text })])
const window = z.object({ days: z.array(z.enum(days)).exactOptional(), from: text, until: text, zone: text })

/** A route as stored. */
export const routeSchema: z.ZodType<Route> = z.object({
  id: z.string().regex(/^[a-z0-9_.-]{1,64}$/),
  enabled: z.boolean(),
  rank: z.int(),
  direction: z.enum(['in', 'out']),
  when: z.object({
    trunks: texts.exactOptional(),
    method: text.exactOptional(),
    number: condition.exactOptional(),
    caller: condition.exactOptional(),
    header: z.object({ name: text, value: condition }).exactOptional(),
    times: z.array(window).exactOptional(),
  }),
  rewrite: z
    .union([
      z.object({ as: text }),
      z.object({ strip: z.int().min(0).exactOptional(), prepend: text.exactOptional() }),
    ])
    .exactOptional(),
  caller: z
    .object({
      number: text.exactOptional(),
      name: text.exactOptional(),
      privacy: z.enum(['withhold', 'reveal']).exactOptional(),
    })
    .exactOptional(),
  to: z.array(
    z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('agent'),
        agent: text.exactOptional(),
        idle: z.literal(true).exactOptional(),
      }),
      z.object({ kind: z.literal('queue'), group: text }),
      z.object({ kind: z.literal('pool') }),
      z.object({ kind: z.literal('trunk'), trunk: text }),
      z.object({ kind: z.literal('reject'), status: z.int() }),
    ]),
  ),
})
