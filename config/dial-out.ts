import { z } from 'zod'

const id = z.string().regex(/^[a-z0-9_.-]{1,64}$/, 'must be 1 to 64 of a-z 0-9 _ . -')
const prefix = z.string().regex(/^\+?[0-9*#]{1,32}$/, 'must be digits, * and #, with a + before them or not')
const prefixes = z.array(prefix).max(1_000)
const calls = z.int().min(1).max(100_000)

/** What agents may dial, and how much. Which trunk takes it say the routes; a number that no route takes goes nowhere. */
export const dialOut = z.strictObject({
  ringMs: z
    .int()
    .min(5_000)
    .max(180_000)
    .default(60_000)
    .describe('How long a number that is dialled may ring.'),
  keepSec: z
    .int()
    .min(3_600)
    .max(604_800)
    .default(86_400)
    .describe('How long a call that was ordered is remembered, and its reference means that call.'),
  prefixes: prefixes
    .default([])
    .describe('What a dialled number must begin with, one of them; empty: whatever a route takes.'),
  callsPerAgent: calls.default(2).describe('The most calls that one agent has dialled at once.'),
  callsPerHourPerAgent: calls.default(120).describe('The most numbers that one agent dials within an hour.'),
  groups: z
    .array(
      z.strictObject({
        group: id,
        prefixes: prefixes.min(1).exactOptional(),
        calls: calls.exactOptional(),
        callsPerHour: calls.exactOptional(),
      }),
    )
    .max(256)
    .default([])
    .describe(
      'For the agents of a group: `prefixes` instead of those above, and `calls` at once and `callsPerHour` of all of them together; JSON in the environment.',
    ),
  aliases: z
    .array(z.strictObject({ name: id, number: prefix }))
    .max(1_000)
    .default([])
    .describe('Words that may be dialled, and the numbers that they stand for; JSON in the environment.'),
})
