import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { Media, MediaExchange, MediaStatistics } from '../ports.ts'
import { answerCommand, dropCommand, offerCommand, queryCommand } from './commands.ts'
import { codecsOf, type CodecPolicy } from './codecs.ts'
import { MediaNode } from './media-node.ts'
import type { NgAnswer, NgCommand, NgNode } from './ng.ts'
import { continued, continuedOffer } from './origin.ts'
import { rebuiltSdp } from './sdp-rules.ts'
import { statisticsOf } from './statistics.ts'

/** A `Media` with the life of its sockets. */
export interface MediaAnchor extends Media {
  start(): Promise<void>
  stop(): Promise<void>
  /** `lost` hears of media, by their names, that are anchored nowhere any more; there is an anchor that can take them. */
  onLost(lost: (media: readonly string[]) => void): void
}

export interface RtpengineOptions {
  readonly clients: readonly NgNode[]
  readonly policy?: CodecPolicy
  readonly clock: Clock
  readonly log: Log
}

/**
 * Media through one of several rtpengines. A call stays on the node that took its first offer: of those that answer the one
 * with the fewest calls. A node that does not answer is passed over, and asked again when it gives a sign of life.
 */
export class RtpengineMedia implements MediaAnchor {
  readonly anchors = true
  readonly #nodes: readonly MediaNode[]
  readonly #policy: CodecPolicy
  readonly #log: Log
  #turn = 0
  #lost: (media: readonly string[]) => void = () => undefined

  constructor({ clients, policy = 'opus', clock, log }: RtpengineOptions) {
    const events = { changed: () => this.#review(), forgot: (media: readonly string[]) => this.#lost(media) }
    this.#nodes = clients.map(client => new MediaNode(client, clock, log, events))
    this.#policy = policy
    this.#log = log
  }

  async start(): Promise<void> {
    await Promise.all(this.#nodes.map(node => node.start()))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map(node => node.stop()))
  }

  onLost(lost: (media: readonly string[]) => void): void {
    this.#lost = lost
  }

  async invite(exchange: MediaExchange): Promise<string> {
    const command = this.#offer(exchange)
    const held = this.#holding(exchange.call)
    const sdp = held ? sdpOf(await held.send(command)) : await this.#firstOffer(exchange.call, command)
    return continuedOffer(sdp, exchange.told)
  }

  async offer(exchange: MediaExchange): Promise<string> {
    const sdp = sdpOf(await this.#nodeWith(exchange.call).send(this.#offer(exchange)))
    return continuedOffer(sdp, exchange.told)
  }

  async answer(exchange: MediaExchange): Promise<string> {
    const sdp = sdpOf(await this.#nodeWith(exchange.call).send(answerCommand(this.#rebuilt(exchange))))
    return continued(sdp, exchange.told)
  }

  async drop(call: string, tag: string): Promise<void> {
    await this.#holding(call)?.send(dropCommand(call, tag))
  }

  async statistics(call: string): Promise<MediaStatistics | undefined> {
    const asked = this.#holding(call)?.send(queryCommand(call))
    return statisticsOf(await asked?.catch(unlessRefused))
  }

  async end(call: string): Promise<MediaStatistics | undefined> {
    return statisticsOf(await this.#holding(call)?.end(call))
  }

  #offer(exchange: MediaExchange): NgCommand {
    return offerCommand(this.#rebuilt(exchange), this.#policy)
  }

  #rebuilt(exchange: MediaExchange): MediaExchange {
    const { from, sdp } = exchange
    return { ...exchange, sdp: rebuiltSdp(sdp, from, codecsOf(this.#policy, from.side)) }
  }

  #holding(call: string): MediaNode | undefined {
    return this.#nodes.find(({ calls }) => calls.has(call))
  }

  #nodeWith(call: string): MediaNode {
    const node = this.#holding(call)
    if (!node) throw new PorticoError('E_MEDIA_REFUSED', `no offer was made for ${call}`)
    return node
  }

  async #firstOffer(call: string, command: NgCommand): Promise<string> {
    let last: unknown
    for (const node of this.#forNewCall()) {
      try {
        const sdp = sdpOf(await node.send(command))
        node.take(call)
        return sdp
      } catch (cause) {
        last = cause
        this.#log.warn('media.offer-failed', { call, cause: messageOf(cause) })
        node.disown(call)
      }
    }
    throw last
  }

  /** Calls of lost nodes are given up as soon as another one can take them. */
  #review(): void {
    if (!this.#nodes.some(({ isUp }) => isUp)) return
    for (const node of this.#nodes) {
      if (!node.isLost || node.calls.size === 0) continue
      const media = [...node.calls]
      for (const call of media) {
        node.calls.delete(call)
        node.disown(call)
      }
      this.#lost(media)
    }
  }

  /** When none is known to live, all are tried. */
  #forNewCall(): readonly MediaNode[] {
    this.#turn = (this.#turn + 1) % this.#nodes.length
    const turned = [...this.#nodes.slice(this.#turn), ...this.#nodes.slice(0, this.#turn)]
    const up = turned.filter(({ isUp }) => isUp)
    return (up.length > 0 ? up : turned).toSorted((a, b) => a.calls.size - b.calls.size)
  }
}

/** rtpengine refuses a query for a call that it does not know. */
function unlessRefused(cause: unknown): undefined {
  if (cause instanceof PorticoError && cause.code === 'E_MEDIA_REFUSED') return undefined
  throw cause
}

function sdpOf({ sdp }: NgAnswer): string {
  if (sdp === undefined) throw new PorticoError('E_MEDIA_REFUSED', 'rtpengine answered without SDP')
  return sdp
}
