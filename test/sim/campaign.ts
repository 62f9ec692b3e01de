import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { points, type Point } from './points.ts'
import { simulate, type Outcome } from './world.ts'

/** A seed that has once found a fault, and what it found. */
export interface Regression {
  readonly seed: number
  readonly minutes: number
  readonly found: string
}

/** The seeds of `regressions.json`. */
export function regressions(): readonly Regression[] {
  const read: unknown = JSON.parse(readFileSync(new URL('regressions.json', import.meta.url), 'utf8'))
  if (!Array.isArray(read) || !read.every(isRegression)) throw new TypeError('regressions.json is broken')
  return read
}

/** What many runs together have shown. */
export interface Campaign {
  readonly failed: readonly Outcome[]
  readonly reached: ReadonlyMap<Point, number>
  readonly packets: number
}

/** Runs `seeds` one after the other; `onSeed` sees each outcome. */
export async function runCampaign(
  seeds: readonly number[],
  minutes: number,
  onSeed: (outcome: Outcome) => void,
): Promise<Campaign> {
  const failed: Outcome[] = []
  const reached = new Map<Point, number>()
  let packets = 0
  for (const seed of seeds) {
    const outcome = simulate(seed, { minutes })
    packets += outcome.packets
    for (const [point, count] of outcome.reached) reached.set(point, (reached.get(point) ?? 0) + count)
    if (outcome.violation !== undefined) failed.push(outcome)
    onSeed(outcome)
    await setImmediate()
  }
  return { failed, reached, packets }
}

/** The rare situations that no run came into. */
export function unreached(reached: ReadonlyMap<Point, number>): readonly Point[] {
  return pointNames.filter(point => !reached.has(point))
}

/** What a failed run was about: the invariant and what the wire showed of that call, the last `lines` of it. */
export function report(seed: number, minutes: number, lines = 60): string {
  const { violation, trace } = simulate(seed, { minutes, keepsTrace: true })
  if (violation === undefined) return `seed ${seed} holds`
  const call = violation.callId.split('/')[0] ?? ''
  const shown = call === '' ? trace : trace.filter(line => line.includes(call) || !/[→⇉✗⊣]/.test(line))
  const title = `seed ${seed}: ${violation.invariant} after ${(violation.at / 1000).toFixed(3)} s: ${violation.text}`
  return [title, ...shown.slice(-lines)].join('\n')
}

/** Seeds from `from` on, `count` of them. */
export function seedsFrom(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => from + at)
}

const pointNames = Object.keys(points).filter((name): name is Point => name in points)

function isRegression(read: unknown): read is Regression {
  return typeof read === 'object' && read !== null && 'seed' in read && 'minutes' in read && 'found' in read
}
