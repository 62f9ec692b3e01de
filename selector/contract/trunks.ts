/** The JSON of trunks. */
import { z } from 'zod'
import { host, idSchema, oneLine, port, secret, version } from '../contract.ts'
import { mayCross } from '../domain/crossing.ts'

const addresses = z
  .array(
    z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: 'must be an IP address or a CIDR block' }),
  )
  .max(256)
const share = z.int().min(0).max(65_535)

/** One machine of a trunk. */
const peer = z
  .strictObject({
    host,
    port: port.exactOptional(),
    transport: z.enum(['udp', 'tcp', 'tls']).default('udp'),
    addresses: addresses.default([]),
    priority: share.default(0),
    weight: share.default(1),
  })
  .transform(({ port: given, ...rest }) => ({
    ...rest,
    // RFC 3261 §19.1.2.
    port: given ?? (rest.transport === 'tls' ? 5061 : 5060),
  }))

const peers = z.array(peer).max(64)
const user = oneLine(128).regex(/^[^"\\]+$/, 'must not hold quotes and backslashes')
const realm = oneLine(128).regex(/^[^"\\]+$/, 'must not hold quotes and backslashes')
const account = z.strictObject({ user, password: secret, realm: realm.exactOptional() })
const challenge = z.strictObject({ user, password: secret })
const limits = z.strictObject({
  calls: z.int().min(0).max(1_000_000).exactOptional(),
  callsPerSecond: z.number().min(0).max(100_000).exactOptional(),
})
const headerNames = z.array(z.string().refine(mayCross, 'must name a header that may cross the door')).max(64)
const headers = z.strictObject({ in: headerNames.exactOptional(), out: headerNames.exactOptional() })
const identity = z.enum(['from', 'asserted'])

/** A trunk to be added. */
export const trunkInput = z.strictObject({
  id: idSchema,
  enabled: z.boolean().default(true),
  addresses: addresses.default([]),
  peers: peers.default([]),
  account: account.exactOptional(),
  challenge: challenge.exactOptional(),
  limits: limits.exactOptional(),
  headers: headers.exactOptional(),
  identity: identity.exactOptional(),
})

/** A trunk written anew, with its passwords. */
export const trunkReplacement = trunkInput.omit({ id: true })

/** Fields of a trunk to be changed; null takes one away. */
export const trunkPatch = z.strictObject({
  enabled: z.boolean().exactOptional(),
  addresses: addresses.exactOptional(),
  peers: peers.exactOptional(),
  account: account.nullable().exactOptional(),
  challenge: challenge.nullable().exactOptional(),
  limits: limits.nullable().exactOptional(),
  headers: headers.nullable().exactOptional(),
  identity: identity.nullable().exactOptional(),
})

/** A trunk as the API shows it. */
export const trunkOutput = z.object({
  id: z.string(),
  enabled: z.boolean(),
  addresses: z.array(z.string()),
  peers: z.array(
    z.object({
      host: z.string(),
      port: z.int(),
      transport: z.enum(['udp', 'tcp', 'tls']),
      addresses: z.array(z.string()),
      priority: z.int(),
      weight: z.int(),
    }),
  ),
  account: z.object({ user: z.string(), realm: z.string().optional() }).optional(),
  challenge: z.object({ user: z.string() }).optional(),
  limits: z.object({ calls: z.int().optional(), callsPerSecond: z.number().optional() }).optional(),
  headers: z.object({ in: z.array(z.string()).optional(), out: z.array(z.string()).optional() }).optional(),
  identity: identity.optional(),
  version,
})

export type TrunkInput = z.input<typeof trunkInput>
export type TrunkPatch = z.input<typeof trunkPatch>
export type TrunkOutput = z.output<typeof trunkOutput>
