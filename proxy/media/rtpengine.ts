import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Media, MediaExchange, MediaStatistics } from '../ports.ts'
import { answerCommand, dropCommand, endCommand, offerCommand, queryCommand } from './commands.ts'
import type { NgAnswer, NgCommand, NgNode } from './ng.ts'
import { statisticsOf } from './statistics.ts'

/** A `Media` with the life of its sockets. */
export interface MediaAnchor extends Media {
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Media through one of several rtpengines. A call stays on the node that took its first offer; a node that does not
 * answer is passed over for that offer.
 */
export class RtpengineMedia implements MediaAnchor {
  readonly anchors = true
  readonly #nodes: readonly NgNode[]
  readonly #log: Log
  readonly #nodeOf = new Map<string, NgNode>()
  #turn = 0

  constructor(nodes: readonly NgNode[], log: Log) {
    this.#nodes = nodes
    this.#log = log
  }

  async start(): Promise<void> {
    for (const node of this.#nodes) await node.start()
    for (const node of this.#nodes) {
      await node.send({ command: 'ping' }).catch((cause: unknown) => {
        this.#log.warn('media.node-unreachable', { node: node.url, cause: messageOf(cause) })
      })
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map(node => node.stop()))
  }

  async invite(exchange: MediaExchange): Promise<string> {
    const command = offerCommand(exchange)
    const held = this.#nodeOf.get(exchange.call)
    return held ? sdpOf(await held.send(command)) : this.#firstOffer(exchange.call, command)
  }

  async offer(exchange: MediaExchange): Promise<string> {
    return sdpOf(await this.#nodeWith(exchange.call).send(offerCommand(exchange)))
  }

  async answer(exchange: MediaExchange): Promise<string> {
    return sdpOf(await this.#nodeWith(exchange.call).send(answerCommand(exchange)))
  }

  async drop(call: string, tag: string): Promise<void> {
    await this.#nodeOf.get(call)?.send(dropCommand(call, tag))
  }

  async statistics(call: string): Promise<MediaStatistics | undefined> {
    const asked = this.#nodeOf.get(call)?.send(queryCommand(call))
    return statisticsOf(await asked?.catch(unlessRefused))
  }

  async adopt(call: string): Promise<boolean> {
    const found = await Promise.all(this.#nodes.map(node => knows(node, call)))
    const node = found.find(one => one !== undefined)
    if (node) this.#nodeOf.set(call, node)
    return node !== undefined
  }

  async end(call: string): Promise<MediaStatistics | undefined> {
    const held = this.#nodeOf.get(call)
    this.#nodeOf.delete(call)
    return statisticsOf(await held?.send(endCommand(call)))
  }

  #nodeWith(call: string): NgNode {
    const node = this.#nodeOf.get(call)
    if (!node) throw new PorticoError('E_MEDIA_REFUSED', `no offer was made for ${call}`)
    return node
  }

  async #firstOffer(call: string, command: NgCommand): Promise<string> {
    this.#turn += 1
    const order = this.#nodes
      .map((_, index) => this.#nodes[(this.#turn + index) % this.#nodes.length])
      .filter(node => node !== undefined)
    let last: unknown
    for (const node of order) {
      try {
        const sdp = sdpOf(await node.send(command))
        this.#nodeOf.set(call, node)
        return sdp
      } catch (cause) {
        last = cause
        this.#log.warn('media.node-failed', { node: node.url, cause: messageOf(cause) })
      }
    }
    throw new PorticoError('E_MEDIA_TIMEOUT', 'no rtpengine took the offer; see media.rtpengine', {
      cause: last,
    })
  }
}

async function knows(node: NgNode, call: string): Promise<NgNode | undefined> {
  return node.send(queryCommand(call)).then(
    () => node,
    () => undefined,
  )
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
