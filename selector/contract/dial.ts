import { z } from 'zod'
import { sessionOutput } from '../contract.ts'

/** A number to be dialled into an agent's conference. */
export const dialInput = z.strictObject({
  /** Up to 32 of 0-9 * # with a + before them or not, or an alias. */
  number: z.string().min(1).max(64),
  /** The same reference of the same agent is the same call. */
  reference: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable characters without spaces')
    .exactOptional(),
  /** What the other side is shown, if the route to it lets it be. */
  callerId: z
    .strictObject({
      number: z.string().regex(/^\+?[0-9*#]{1,32}$/, 'must be digits, * and #, with a + before them or not'),
      name: z
        .string()
        .regex(/^[^\p{C}"\\<>${}]{0,64}$/u, 'must be up to 64 characters without quotes, brackets, $ and \\')
        .exactOptional(),
    })
    .exactOptional(),
})

/** A call that was ordered, and what became of it. */
export const dialOutput = z.object({
  id: z.string(),
  agent: z.string(),
  number: z.string(),
  reference: z.string().optional(),
  server: z.string(),
  state: z.enum(['ordered', 'dialling', 'ringing', 'answered', 'ended', 'failed']),
  /** Wall-clock milliseconds, all three. */
  since: z.number(),
  answeredAt: z.number().optional(),
  endedAt: z.number().optional(),
  /** Why it failed or ended: Q.850, the SIP status that said so, and what that means. */
  cause: z.object({ q850: z.int(), sip: z.int().optional(), text: z.string() }).optional(),
})

/** A number that an agent dials from its page. */
export const ownDialInput = dialInput.pick({ number: true, reference: true })

/** The same call as the agent's page sees it: nothing of the inside. */
export const ownDialOutput = dialOutput.omit({ server: true })

/** A call in progress; one that was ordered is shown for as long as it is remembered, with what became of it. */
export const callOutput = sessionOutput.extend({
  door: sessionOutput.shape.door.optional(),
  ...dialOutput
    .pick({ number: true, reference: true, answeredAt: true, endedAt: true, cause: true })
    .partial().shape,
})

export type CallOutput = z.output<typeof callOutput>
export type DialInput = z.input<typeof dialInput>
export type DialOutput = z.output<typeof dialOutput>
export type OwnDialInput = z.input<typeof ownDialInput>
export type OwnDialOutput = z.output<typeof ownDialOutput>
