import { rtpRate, type Arrival } from '../../../test/support/rtp-tone.ts'
import { toneLevel } from '../../../test/support/tone.ts'

/** A packet carries this much of the tone, or it counts as silence. */
const audible = 0.05
const packetMs = 20

/**
 * The longest time in milliseconds, between `from` and `until`, in which nothing of the tone `hz` arrived, beyond the 20 ms from
 * one packet to the next.
 */
export function longestHole(arrivals: readonly Arrival[], hz: number, from: number, until: number): number {
  const times = arrivals.filter(({ samples }) => isAudible(samples, hz)).map(({ at }) => at)
  const inside = [from, ...times.filter(at => at > from && at < until), until]
  const gaps = inside.slice(1).map((at, n) => at - (inside[n] ?? at))
  return Math.max(0, Math.max(...gaps) - packetMs)
}

/** Whether the tone is there in the packets since `from`, most of the time. */
export function isThere(arrivals: readonly Arrival[], hz: number, from: number): boolean {
  const late = arrivals.filter(({ at }) => at >= from)
  return late.length > 10 && late.filter(({ samples }) => isAudible(samples, hz)).length > late.length / 2
}

/**
 * How many packets of one stream are missing between the first and the last of those that arrived, in whatever order. Infinity when they
 * are of more streams than one, or of none. Unlike a time it is the same on a busy machine.
 */
export function missingPackets(arrivals: readonly Arrival[]): number {
  const [first] = arrivals
  if (first === undefined || arrivals.some(({ ssrc }) => ssrc !== first.ssrc)) return Infinity
  // Sequence numbers begin again after 65,535; what came is within half of that of the first.
  const steps = arrivals.map(({ sequence }) => ((sequence - first.sequence + 98_304) % 65_536) - 32_768)
  return Math.max(...steps) - Math.min(...steps) + 1 - new Set(steps).size
}

export function isAudible(samples: Float32Array, hz: number): boolean {
  return toneLevel(samples, rtpRate, hz) > audible
}
