import type { Clock } from '../../runtime/clock.ts'

/** A task that waits for its time. */
interface Entry {
  readonly at: number
  readonly order: number
  /** Undefined once it was taken back. */
  task: (() => void) | undefined
}

/** Time of a simulated world: tasks run in the order of their times, those of one moment in the order in which they were given. */
export class VirtualTime {
  #now = 0
  #order = 0
  /** A binary heap, earliest first. */
  readonly #heap: Entry[] = []

  now(): number {
    return this.#now
  }

  /** Runs `task` after `ms`; the result takes it back. */
  after(ms: number, task: () => void): () => void {
    const entry: Entry = { at: this.#now + Math.max(0, ms), order: ++this.#order, task }
    this.#push(entry)
    return () => {
      entry.task = undefined
    }
  }

  /** Lets time pass up to `end`, or until `enough` says so after a task. */
  runTo(end: number, enough: () => boolean = () => false): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#pop()
      if (next.task === undefined) continue
      this.#now = next.at
      next.task()
      if (enough()) return
    }
    this.#now = Math.max(this.#now, end)
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = heap[above]
      if (other === undefined || !isBefore(entry, other)) break
      heap[at] = other
      at = above
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      let child = heap[below]
      if (child === undefined) break
      const right = heap[below + 1]
      if (right !== undefined && isBefore(right, child)) {
        child = right
        below += 1
      }
      if (!isBefore(child, last)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
  }
}

/**
 * The clock of one host. It rings on a grid of `grainMs`, as that of a busy process does, and never again once the host is
 * dead: what it had planned died with it.
 */
export class HostClock implements Clock {
  readonly #time: VirtualTime
  readonly #grainMs: number
  #isAlive = true
  /** Timers that are set. */
  pending = 0

  constructor(time: VirtualTime, grainMs: number) {
    this.#time = time
    this.#grainMs = grainMs
  }

  now(): number {
    return this.#time.now()
  }

  wall(): number {
    return 1_700_000_000_000 + this.#time.now()
  }

  after(ms: number, task: () => void): () => void {
    const grain = this.#grainMs
    const at = Math.ceil((this.#time.now() + ms) / grain) * grain
    let waits = true
    this.pending += 1
    const end = (): boolean => {
      const did = waits
      if (waits) this.pending -= 1
      waits = false
      return did
    }
    const cancel = this.#time.after(at - this.#time.now(), () => {
      if (end() && this.#isAlive) task()
    })
    return () => {
      if (end()) cancel()
    }
  }

  /** Nothing rings any more. */
  kill(): void {
    this.#isAlive = false
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
