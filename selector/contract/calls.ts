import { z } from 'zod'
import { idSchema } from '../contract.ts'

/** Where calls are to be moved to; without a server the best other one is chosen. */
export const moveInput = z.strictObject({ server: idSchema.exactOptional() })

/** What an order to the calls of an agent has done. */
export const callsOutput = z.object({
  calls: z.array(z.string()),
  /** Where they are now. */
  server: z.string().optional(),
})
/** The leg by which an agent is in its conference. */
export const nailUpOutput = z.object({
  id: z.string(),
  agent: z.string(),
  server: z.string().optional(),
  state: z.string(),
})
/** @see nailUpOutput */
export type NailUpOutput = z.output<typeof nailUpOutput>
/** @see callsOutput */
export type CallsOutput = z.output<typeof callsOutput>
