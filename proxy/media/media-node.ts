import { every, type Clock } from '../../runtime/clock.ts'
import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import { endCommand, queryCommand } from './commands.ts'
import type { NgAnswer, NgCommand, NgNode } from './ng.ts'
import { afterAnswer, afterSilence, healthy, mayBeAsked, type NodeHealth } from './node-health.ts'

/** How often a node is asked for a sign of life. */
const pingMs = 1_000
/** Calls owed to a node at most; rtpengine ends by itself what has no media. */
const mostOwed = 10_000

/** What a node tells. */
interface NodeEvents {
  /** It is lost, or back. */
  changed(): void
  /** It is back, and knows nothing of these calls. */
  forgot(calls: readonly string[]): void
}

/** One rtpengine: its health, and the calls of this door that it anchors. */
export class MediaNode {
  readonly calls = new Set<string>()
  readonly #client: NgNode
  readonly #clock: Clock
  readonly #log: Log
  /** Calls that may be left on it from a time when it did not answer. */
  readonly #owed = new Set<string>()
  readonly #events: NodeEvents
  #health: NodeHealth = healthy
  #isLost = false
  #cancel: (() => void) | undefined

  constructor(client: NgNode, clock: Clock, log: Log, events: NodeEvents) {
    this.#events = events
    this.#client = client
    this.#clock = clock
    this.#log = log.with({ node: client.url })
  }

  get isUp(): boolean {
    return this.#health.kind === 'up'
  }

  /** It was silent again after it went out: its calls have no media any more. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** Opens the socket and waits for the first sign of life, or for its absence. */
  async start(): Promise<void> {
    await this.#client.start()
    await this.#ping()
    this.#cancel = every(this.#clock, pingMs, () => void this.#ping())
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    await this.#client.stop()
  }

  /** Rejects as `NgNode.send` does; what came of the order counts for the node’s health. */
  async send(command: NgCommand): Promise<NgAnswer> {
    try {
      const answer = await this.#client.send(command)
      this.#judge(afterAnswer)
      return answer
    } catch (cause) {
      this.#judge(isSilence(cause) ? afterSilence : afterAnswer)
      throw cause
    }
  }

  /** From now on `call` is on this node. */
  take(call: string): void {
    this.calls.add(call)
    this.#owed.delete(call)
  }

  /** Ends a call. Rejects as `send` does, and then it is ended as soon as that can be. */
  async end(call: string): Promise<NgAnswer> {
    this.calls.delete(call)
    try {
      return await this.send(endCommand(call))
    } catch (cause) {
      this.disown(call)
      throw cause
    }
  }

  /** Ends what may be left of a call on this node: now, or when it gives a sign of life again. */
  disown(call: string): void {
    if (this.#owed.size < mostOwed) this.#owed.add(call)
    if (this.isUp) void this.#settle()
  }

  async #ping(): Promise<void> {
    if (!mayBeAsked(this.#health, this.#clock.now())) return
    await this.send({ command: 'ping' }).catch(() => undefined)
  }

  #judge(step: typeof afterAnswer): void {
    const wasUp = this.isUp
    this.#health = step(this.#health, this.#clock.now())
    if (!wasUp && step === afterSilence) {
      this.#isLost = true
      this.#events.changed()
    }
    if (wasUp === this.isUp) return
    if (!this.isUp) return this.#log.warn('media.node-out', { calls: this.calls.size })
    this.#log.info('media.node-back', { owed: this.#owed.size })
    this.#isLost = false
    void this.#settle()
    void this.#recount()
    this.#events.changed()
  }

  /** One that was started anew knows nothing of the calls it had. */
  async #recount(): Promise<void> {
    const forgotten: string[] = []
    for (const call of this.calls) {
      try {
        await this.send(queryCommand(call))
      } catch (cause) {
        if (isSilence(cause)) return
        this.calls.delete(call)
        forgotten.push(call)
      }
    }
    if (forgotten.length > 0) this.#events.forgot(forgotten)
  }

  async #settle(): Promise<void> {
    for (const call of this.#owed) {
      try {
        await this.send(endCommand(call))
      } catch (cause) {
        this.#log.warn('media.end-failed', { call, cause: messageOf(cause) })
        if (!this.isUp) return
      }
      this.#owed.delete(call)
    }
  }
}

/** A refusal is an answer, too. */
function isSilence(cause: unknown): boolean {
  return !(cause instanceof PorticoError) || cause.code === 'E_MEDIA_TIMEOUT'
}
