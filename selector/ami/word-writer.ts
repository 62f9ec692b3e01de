import type { Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'

/** Writes what one collector has to say: the first change at once, those that follow closely together, one at a time. */
export class WordWriter {
  readonly #options: WordWriterOptions
  #writing: Promise<void> | undefined
  #changed = false
  /** A change waits for those that follow it closely. */
  #held = false
  #stopped = false
  #cancelFlush: (() => void) | undefined

  constructor(options: WordWriterOptions) {
    this.#options = options
  }

  /** What is to be said has changed. */
  soon(): void {
    this.#held = this.#cancelFlush !== undefined
    if (this.#held) return
    this.flush()
    this.#cancelFlush = this.#options.clock.after(coalesceMs, () => {
      this.#cancelFlush = undefined
      if (this.#held) this.soon()
    })
  }

  /** Says it now. */
  flush(): void {
    if (this.#stopped) return
    this.#changed = true
    this.#writing ??= this.#write()
  }

  /** Resolves when nothing more will be written. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelFlush?.()
    await this.#writing
  }

  /** One write at a time, so that an older word never overtakes a newer one. */
  async #write(): Promise<void> {
    const { tell, log, server } = this.#options
    while (this.#changed && !this.#stopped) {
      this.#changed = false
      await tell().catch((cause: unknown) => {
        log.warn('collector.not-written', { server, cause: messageOf(cause) })
      })
    }
    this.#writing = undefined
  }
}

/** What a writer needs. */
export interface WordWriterOptions {
  readonly server: string
  readonly tell: () => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

const coalesceMs = 100
