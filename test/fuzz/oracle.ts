import { isDeepStrictEqual } from 'node:util'

/** Throws `FuzzFault` when an expectation of a fuzz target is not met; anything else that a target throws is an escape. */
export function insist(holds: boolean, expectation: string): void {
  if (!holds) throw new FuzzFault(expectation)
}

/** A broken expectation. */
export class FuzzFault extends Error {}

/** Throws unless both are the same, to the depth. */
export function insistSame(a: unknown, b: unknown, expectation: string): void {
  if (isDeepStrictEqual(a, b)) return
  throw new FuzzFault(`${expectation}: ${shown(a).slice(0, 2000)} is not ${shown(b).slice(0, 2000)}`)
}

/**
 * Now and then runs `work` on `data` repeated up to 64 KiB, the largest that a peer may send: that must not take two seconds of
 * processor time, which is a thousand times what linear work takes.
 */
export function insistLinear(data: Buffer, work: (data: Buffer) => void): void {
  count += 1
  if (count % everyNth !== 0 || data.length === 0) return
  insistQuick(Buffer.alloc(largest, data), work)
  insistQuick(
    Buffer.concat([data, Buffer.alloc(largest, data.subarray(data.length >> 1))]).subarray(0, largest),
    work,
  )
}

/** Runs `work` once; it must not take two seconds of processor time. */
export function insistQuick(data: Buffer, work: (data: Buffer) => void): void {
  const before = process.cpuUsage()
  work(data)
  const { user, system } = process.cpuUsage(before)
  insist(user + system < mostMicros, `${data.length} bytes took ${Math.round((user + system) / 1000)} ms`)
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...part] : part)) ?? 'undefined'
}

let count = 0
const everyNth = 100
const largest = 65_536
const mostMicros = 2_000_000
