import { z } from 'zod'
import type { MediaStatistics, PartyStatistics, ReceptionReport } from '../ports.ts'

const count = z.number().int().min(0)

const counters = z.object({ packets: count, bytes: count, errors: count })

const mos = z.object({
  MOS: count,
  'round-trip time': count,
  jitter: count,
  'packet loss': count,
  samples: count,
})

const source = z.object({
  packets: count,
  'cumulative loss': count.optional(),
  'average MOS': mos.optional(),
})

const media = z.object({
  codec: z.string().optional(),
  streams: z.array(z.object({ 'last packet': count, flags: z.array(z.string()), stats: counters })),
  'ingress SSRCs': z.array(source).optional(),
})

const schema = z.object({ tags: z.record(z.string(), z.object({ medias: z.array(media) })) })

type Medias = z.infer<typeof media>[]

/** What an answer to `query` or `delete` tells of the parties of a call; undefined when it tells nothing. */
export function statisticsOf(answer: unknown): MediaStatistics | undefined {
  const read = schema.safeParse(answer)
  if (!read.success) return undefined
  return Object.fromEntries(Object.entries(read.data.tags).map(([tag, { medias }]) => [tag, ofParty(medias)]))
}

function ofParty(medias: Medias): PartyStatistics {
  const streams = medias.flatMap(({ streams: all }) => all.filter(({ flags }) => flags.includes('RTP')))
  const sum = (key: 'packets' | 'bytes' | 'errors'): number =>
    streams.reduce((total, { stats }) => total + stats[key], 0)
  const last = Math.max(0, ...streams.map(stream => stream['last packet']))
  const codec = medias.find(one => one.codec !== undefined)?.codec
  const reported = report(medias)
  const packets = sum('packets')
  return {
    packets,
    bytes: sum('bytes'),
    errors: sum('errors'),
    ...(codec !== undefined && { codec }),
    // rtpengine gives the time of the set-up until something comes.
    ...(packets > 0 && { lastPacketAt: last * 1000 }),
    ...(reported && { reported }),
  }
}

/** A party may have sent under several SSRCs; each counts by its packets. */
function report(medias: Medias): ReceptionReport | undefined {
  const sources = medias.flatMap(one => one['ingress SSRCs'] ?? [])
  const known = sources.flatMap(one =>
    one['average MOS'] ? [{ ...one['average MOS'], weight: Math.max(1, one.packets) }] : [],
  )
  if (known.length === 0) return undefined
  const weight = known.reduce((total, one) => total + one.weight, 0)
  const mean = (key: 'MOS' | 'round-trip time' | 'jitter' | 'packet loss'): number =>
    known.reduce((total, one) => total + one[key] * one.weight, 0) / weight
  return {
    lostPackets: sources.reduce((total, one) => total + (one['cumulative loss'] ?? 0), 0),
    lossPercent: rounded(mean('packet loss')),
    jitterMs: rounded(mean('jitter')),
    // Told in microseconds, and the score times ten.
    roundTripMs: rounded(mean('round-trip time') / 1000),
    mos: rounded(mean('MOS') / 10),
  }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
