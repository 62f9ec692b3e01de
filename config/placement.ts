import { z } from 'zod'

/** The fleet, and how media servers are chosen in it. */
export const fleet = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_.-]{1,64}$/, 'must be 1 to 64 of a-z 0-9 _ . -')
    .default('main')
    .describe('Name of the fleet; doors with the same name and Redis share it.'),
  rho: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe('Share of agents in call: what a waiting agent or a reservation weighs against one in call.'),
  measureRho: z
    .boolean()
    .default(true)
    .describe(
      'Whether that share is measured instead, and kept between 0.6 and 0.9, once 20 agents are there.',
    ),
  zone: z
    .string()
    .regex(/^[a-z0-9_.-]{1,64}$/, 'must be 1 to 64 of a-z 0-9 _ . -')
    .exactOptional()
    .describe('Zone of this door: its media servers go first. Absent: all zones are alike.'),
  pinSecret: z
    .string()
    .min(32)
    .max(256)
    .exactOptional()
    .describe(
      'Secret that all doors share: `GET /api/v1/hint` then gives a `pin` for each agent, which a call shows so that any door finds the agent while Redis is away.',
    ),
  registration: z
    .strictObject({
      networks: z
        .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
        .max(100)
        .default([])
        .describe(
          'Addresses and CIDR blocks whose media servers may register themselves by SIP; empty: none.',
        ),
      secret: z
        .string()
        .regex(/^[A-Za-z0-9_.:/,+@[\]-]{16,128}$/, 'must be 16 to 128 of A-Z a-z 0-9 _ . : / , + @ [ ] -')
        .exactOptional()
        .describe('Digest password of all media servers that register; needed with `networks`.'),
      amiUsername: z
        .string()
        .min(1)
        .max(256)
        .default('portico')
        .describe('AMI user of media servers that register.'),
      amiSecret: z
        .string()
        .min(1)
        .max(256)
        .exactOptional()
        .describe(
          'AMI secret of media servers that register, which they never tell; absent: none may register.',
        ),
      capacity: z
        .int()
        .min(1)
        .max(100_000)
        .default(60)
        .describe('The most agents of a media server that registers without saying how many.'),
      maxSec: z
        .int()
        .min(30)
        .max(3_600)
        .default(60)
        .describe(
          'Longest registration granted to a media server, which renews it ten seconds before the end; when it runs out, the server is drained.',
        ),
    })
    .prefault({}),
  spillAt: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('Load of the least loaded server of the own zone from which other zones share the work.'),
  slowStart: z
    .strictObject({
      windowMs: z
        .int()
        .min(0)
        .max(3_600_000)
        .default(60_000)
        .describe('How long a new or recovered media server is brought in; 0: at once.'),
      fromPerSec: z.number().min(0.1).max(1_000).default(1).describe('New agents a second at the beginning.'),
      toPerSec: z.number().min(0.1).max(1_000).default(10).describe('New agents a second at the end.'),
    })
    .prefault({}),
})

/** When a media server is well. */
export const health = z.strictObject({
  intervalMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(1_000)
    .describe('How often each media server is probed by OPTIONS.'),
  rise: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('Answered probes in a row that bring a media server back.'),
  fall: z.int().min(1).max(100).default(3).describe('Unanswered probes in a row that put it down.'),
  failedCalls: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe(
      'Real calls in a row that fail until a media server is ejected, however well it answers probes.',
    ),
  failedShare: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.5)
    .describe('Share of failed calls in a window that ejects it as well.'),
  shareOf: z
    .int()
    .min(2)
    .max(10_000)
    .default(10)
    .describe('The least calls in a window for that share to mean anything.'),
  windowMs: z.int().min(1_000).max(3_600_000).default(60_000).describe('Length of that window.'),
  ejectMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(30_000)
    .describe('How long the first ejection lasts; each one more in a row lasts twice as long.'),
  ejectMostMs: z.int().min(1_000).max(86_400_000).default(300_000).describe('The longest ejection.'),
})
