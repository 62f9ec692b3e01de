import type { Flags } from './flags.ts'

/** What one benchmark measured, and under which conditions. */
export interface Measured {
  readonly figures: Readonly<Record<string, number>>
  readonly conditions: Readonly<Record<string, unknown>>
}

/** One benchmark, as `npm run bench -- NAME` runs it. */
export interface Bench {
  /** One line for the list of benchmarks. */
  readonly about: string
  /** Reads its flags, measures, leaves no process behind. */
  run(flags: Flags): Promise<Measured>
}
