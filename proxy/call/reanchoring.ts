import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { CallSession } from './call-session.ts'

export interface ReanchoringParts {
  /** The calls of this door. */
  readonly calls: () => Iterable<Pick<CallSession, 'state' | 'handle'>>
  /** How many calls begin in a second. */
  readonly perSecond: number
  readonly clock: Clock
  readonly log: Log
}

/** Takes calls whose media anchor is dead to another one, no more at once than agents, carriers and media servers can stand. */
export class Reanchoring {
  readonly #parts: ReanchoringParts
  readonly #waiting: string[] = []
  #isRunning = false

  constructor(parts: ReanchoringParts) {
    this.#parts = parts
  }

  /** These media, by their names, are anchored nowhere any more. */
  lost(media: readonly string[]): void {
    this.#parts.log.warn('media.calls-lost', { calls: media.length })
    this.#waiting.push(...media)
    if (!this.#isRunning) this.#turn()
  }

  #turn(): void {
    const { calls, perSecond, clock } = this.#parts
    const now = new Set(this.#waiting.splice(0, Math.ceil((perSecond * everyMs) / 1000)))
    this.#isRunning = now.size > 0
    if (!this.#isRunning) return
    // A call that is not up yet hears from the anchor itself that it failed.
    const found = [...calls()].filter(({ state }) => state.kind === 'up' && now.has(state.media))
    for (const session of found)
      if (session.state.kind === 'up') session.handle({ kind: 'media-lost', media: session.state.media })
    clock.after(everyMs, () => this.#turn())
  }
}

const everyMs = 100
