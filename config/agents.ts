import { z } from 'zod'
import { host } from './host.ts'

/** Who agents are to the door, and how long what they have lasts. */
export const agents = z.strictObject({
  domain: host.default('portico.local').describe('Domain of the agents’ SIP addresses.'),
  realm: z
    .string()
    .regex(/^[^"\\\r\n]{1,128}$/, 'must be 1 to 128 characters without quotes and line breaks')
    .exactOptional()
    .describe('Digest realm; absent: the domain. Passwords are stored per realm: a change ends them all.'),
  digest: z
    .array(z.enum(['MD5', 'SHA-256']))
    .min(1)
    .max(2)
    .default(['SHA-256', 'MD5'])
    .describe(
      'Digest algorithms, in the order of the challenges (RFC 8760); sip.js answers the last one, and only MD5.',
    ),
  flowGraceMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(30_000)
    .describe('How long a call outlives the agent’s connection.'),
  holdMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(60_000)
    .describe(
      'How long the clients of an agent that was lost are kept with music; whoever comes back meanwhile finds them again. 0: they are hung up.',
    ),
  ringMs: z
    .int()
    .min(1_000)
    .max(180_000)
    .default(20_000)
    .describe('How long the phone of an agent that is called into its conference may ring.'),
  secondSession: z
    .enum(['replace', 'refuse'])
    .default('replace')
    .describe(
      'When an agent that has a session enters again, e.g. in another tab: `replace`: the older one is hung up; `refuse`: the newer one gets 486, unless the older one has lost its connection.',
    ),
  registerMinSec: z.int().min(1).max(86_400).default(60).describe('Shortest registration granted.'),
  registerMaxSec: z.int().min(1).max(86_400).default(600).describe('Longest registration granted.'),
  credentialTtlSec: z
    .int()
    .min(60)
    .max(86_400)
    .default(43_200)
    .describe('How long a credential from POST /api/session may register; default: one shift.'),
  iceServers: z
    .array(
      z.strictObject({
        urls: z
          .array(z.string().regex(/^(stun|turn)s?:\S+$/, 'must be stun:… or turn:…'))
          .min(1)
          .max(16),
        username: z.string().min(1).max(256).exactOptional(),
        credential: z.string().min(1).max(256).exactOptional(),
        secret: z.string().min(1).max(256).exactOptional(),
      }),
    )
    .max(16)
    .default([])
    .describe(
      'STUN and TURN servers that agents’ browsers are told; JSON in the environment. With `secret` (coturn `static-auth-secret`) instead of `username` and `credential` each agent gets an account that ends with its session.',
    ),
})
