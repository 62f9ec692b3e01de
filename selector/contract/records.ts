import { z } from 'zod'
import { idSchema, sessionOutput } from '../contract.ts'

/** Which records are asked for; the newest of those that fit, out of the last `mostSearched`. */
export const recordsQuery = z.strictObject({
  agent: idSchema.exactOptional(),
  trunk: idSchema.exactOptional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/** What is left of a call that is over. Times are wall-clock milliseconds. */
export const recordOutput = sessionOutput.extend({
  /** The Call-ID of the leg that began it. */
  leg: z.string(),
  caller: z.string(),
  verdict: z.string(),
  /** The final status that the caller got. */
  status: z.int(),
  /** Every agent that it was with, in order; present when it was handed to another one. */
  agents: z.array(z.string()).optional(),
  /** Every media server that it was on or that was asked, in order. */
  servers: z.array(z.string()),
  answeredAt: z.number().optional(),
  endedAt: z.number(),
  /** What the media anchor counted, by the tags of the parties. */
  media: z
    .record(
      z.string(),
      z.object({
        packets: z.number(),
        bytes: z.number(),
        errors: z.number(),
        codec: z.string().optional(),
        lastPacketAt: z.number().optional(),
        reported: z
          .object({
            lostPackets: z.number(),
            lossPercent: z.number(),
            jitterMs: z.number(),
            roundTripMs: z.number(),
            mos: z.number(),
          })
          .optional(),
      }),
    )
    .optional(),
})

/** @see recordsQuery */
export type RecordsQuery = Partial<z.output<typeof recordsQuery>>
export type RecordOutput = z.output<typeof recordOutput>
