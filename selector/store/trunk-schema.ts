import { z } from 'zod'
import type { Trunk } from '../domain/trunk.ts'

const text = z.string().max(4096)
const texts = z.array(text)
const place = {
  host: text,
  port: z.int().min(1).max(65_535),
  transport: z.enum(['udp', 'tcp', 'tls']),
}
const share = z.int().min(0).max(65_535)

/**
 * A trunk as stored. The first version knew one `target` instead of peers: such a row is read as a trunk with that one peer,
 * and is of the new form once it is written again.
 */
export const trunkSchema: z.ZodType<Trunk> = z
  .object({
    id: z.string().regex(/^[a-z0-9_.-]{1,64}$/),
    enabled: z.boolean(),
    addresses: texts,
    target: z.object(place).exactOptional(),
    peers: z
      .array(z.object({ ...place, addresses: texts.exactOptional(), priority: share, weight: share }))
      .exactOptional(),
    account: z.object({ user: text, password: text, realm: text.exactOptional() }).exactOptional(),
    challenge: z.object({ user: text, password: text }).exactOptional(),
    limits: z
      .object({ calls: z.int().min(0).exactOptional(), callsPerSecond: z.number().min(0).exactOptional() })
      .exactOptional(),
    headers: z.object({ in: texts.exactOptional(), out: texts.exactOptional() }).exactOptional(),
    identity: z.enum(['from', 'asserted']).exactOptional(),
  })
  .transform(({ target, ...trunk }) =>
    target && !trunk.peers ? { ...trunk, peers: [{ ...target, priority: 0, weight: 1 }] } : trunk,
  )
