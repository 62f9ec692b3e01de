import type { Point } from './points.ts'
import type { VirtualTime } from './virtual-time.ts'

/** The invariants that are watched. */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I6' | 'I7' | 'I8' | 'I10' | 'I11' | 'fault'

/** The first thing that must not have happened. */
export interface Violation {
  readonly invariant: Invariant
  readonly at: number
  readonly text: string
  /** The call in which it happened, for the trace. */
  readonly callId: string
}

/** Keeps the first violation, and counts the rare situations that a run has come into. */
export class Judge {
  violation: Violation | undefined
  readonly reached = new Map<Point, number>()
  readonly #time: VirtualTime

  constructor(time: VirtualTime) {
    this.#time = time
  }

  violate(invariant: Invariant, text: string, callId = ''): void {
    this.violation ??= { invariant, at: this.#time.now(), text, callId }
  }

  point(point: Point): void {
    this.reached.set(point, (this.reached.get(point) ?? 0) + 1)
  }
}
