/** The JSON of choices of a media server: what would be chosen, what was, and why. */
import { z } from 'zod'
import { idSchema, serverState, wanted } from '../contract.ts'

/** What is asked when a place is looked for. */
export const selectionQuery = z.strictObject({
  /** An agent who already waits somewhere is answered with that media server. */
  agent: idSchema.exactOptional(),
  /** Ids of media servers that shall not be chosen, separated by commas. */
  exclude: z
    .string()
    .max(4096)
    .transform(text => text.split(',').filter(id => id !== ''))
    .exactOptional(),
})

/** A place to be reserved. */
export const selectionInput = z.strictObject({
  /** The id of the call that will join; header `X-Portico-Call` of its INVITE carries it. */
  call: z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable characters without spaces'),
  agent: idSchema.exactOptional(),
  exclude: z.array(idSchema).max(100).default([]),
})

const exclusion = z.enum([
  'not-active',
  'stopping',
  'not-reconciled',
  'stale',
  'ejected',
  'warming',
  'down',
  'dead',
  'hung',
  'full',
  'calls-full',
  'tried',
])

/** One media server as the choice saw it. */
export const consideredOutput = z.object({
  id: z.string(),
  /** Load after the formula of the policy; absent when it was left out. */
  share: z.number().optional(),
  excluded: exclusion.optional(),
  wanted: wanted.optional(),
  state: serverState.optional(),
})

/** What was chosen and why. */
export const selectionOutput = z.object({
  kind: z.enum(['pinned', 'chosen', 'none']),
  server: z
    .object({
      id: z.string(),
      sip: z.object({ host: z.string(), port: z.int(), transport: z.enum(['udp', 'tcp']) }),
    })
    .optional(),
  /** Why there is none. */
  reason: z.enum(['no-servers', 'none-eligible', 'all-full']).optional(),
  /** Until when the place is kept, wall-clock milliseconds; only after a POST. */
  reservedUntil: z.number().optional(),
  utilisation: z.enum(['expected', 'in-call', 'placed']),
  considered: z.array(consideredOutput),
})

const rule = z.enum(['least', 'two-choices', 'ledger'])

/** What led to one choice of a media server. */
export const decisionOutput = z.object({
  call: z.string(),
  agent: z.string().optional(),
  door: z.string().optional(),
  /** Wall-clock milliseconds. */
  at: z.number(),
  utilisation: z.enum(['expected', 'in-call', 'placed']),
  rho: z.number(),
  zone: z.string().optional(),
  /** Servers that were tried before. */
  exclude: z.array(z.string()),
  /** What settled ties and draws, in [0, 1). */
  chance: z.number(),
  /** Whether the door decided without Redis. */
  alone: z.boolean(),
  /** How many servers stood how. */
  counts: z.record(z.enum(['ready', 'warming', 'doubtful', 'full', 'out', 'off']), z.int()),
  /** Servers whose counters mattered, and how many of them were at most ten seconds old. */
  counted: z.int(),
  fresh: z.int(),
  rule: rule.optional(),
  /** Whether only the own zone was looked at. */
  zones: z.enum(['own', 'all']).optional(),
  /** How many were tied, or drawn from. */
  among: z.int().optional(),
  looked: z.array(
    z.object({
      id: z.string(),
      zone: z.string(),
      share: z.number(),
      capacity: z.int(),
      waiting: z.int().optional(),
      inCall: z.int().optional(),
      reserved: z.int(),
      ageMs: z.number().optional(),
      health: z.string(),
    }),
  ),
  /** The server that was chosen. */
  server: z.string().optional(),
  /** Why there was none. */
  reason: z.enum(['no-servers', 'none-eligible', 'all-full']).optional(),
  /** What the record leads to when it is decided anew: always the same. */
  replay: z.string(),
})

export type SelectionInput = z.input<typeof selectionInput>
export type SelectionOutput = z.output<typeof selectionOutput>
export type DecisionOutput = z.output<typeof decisionOutput>
