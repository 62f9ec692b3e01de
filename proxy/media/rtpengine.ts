import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Media, MediaExchange, MediaParty } from '../ports.ts'
import type { NgCommand, NgNode } from './ng.ts'

/** A `Media` that anchors every call in one of several rtpengines, and the life of its sockets. */
export interface MediaAnchor extends Media {
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Media through rtpengine. A call stays on the node that took its first offer; a node that does not answer is passed
 * over for that offer.
 */
export function createRtpengineMedia(nodes: readonly NgNode[], log: Log): MediaAnchor {
  const nodeOf = new Map<string, NgNode>()
  let turn = 0

  async function invite(exchange: MediaExchange): Promise<string> {
    const command = { ...offerCommand(exchange), 'via-branch': exchange.to.tag }
    const held = nodeOf.get(exchange.call)
    if (held) return sdpOf(await held.send(command))
    turn += 1
    const order = [...nodes.slice(turn % nodes.length), ...nodes.slice(0, turn % nodes.length)]
    const taken = await firstToTake(order, command, log)
    nodeOf.set(exchange.call, taken.node)
    return taken.sdp
  }

  async function offer(exchange: MediaExchange): Promise<string> {
    return sdpOf(
      await nodeHolding(exchange.call).send({ ...offerCommand(exchange), 'to-tag': exchange.to.tag }),
    )
  }

  async function answer(exchange: MediaExchange): Promise<string> {
    return sdpOf(await nodeHolding(exchange.call).send(answerCommand(exchange)))
  }

  function nodeHolding(call: string): NgNode {
    const held = nodeOf.get(call)
    if (!held) throw new PorticoError('E_MEDIA_REFUSED', `no offer was made for ${call}`)
    return held
  }

  async function drop(call: string, tag: string): Promise<void> {
    const held = nodeOf.get(call)
    await held?.send({ command: 'delete', 'call-id': call, 'from-tag': tag, 'delete delay': 0 })
  }

  async function end(call: string): Promise<void> {
    const held = nodeOf.get(call)
    if (!held) return
    nodeOf.delete(call)
    await held.send({ command: 'delete', 'call-id': call, 'delete delay': 0 })
  }

  async function start(): Promise<void> {
    for (const node of nodes) await node.start()
    for (const node of nodes) {
      await node.send({ command: 'ping' }).catch((cause: unknown) => {
        log.warn('media.node-unreachable', { node: node.url, cause: messageOf(cause) })
      })
    }
  }

  async function stop(): Promise<void> {
    await Promise.all(nodes.map(node => node.stop()))
  }

  return { anchors: true, invite, offer, answer, drop, end, start, stop }
}

/** The first of `nodes` that takes the offer, and what it made of it. */
async function firstToTake(
  nodes: readonly NgNode[],
  command: NgCommand,
  log: Log,
): Promise<{ readonly node: NgNode; readonly sdp: string }> {
  let last: unknown
  for (const node of nodes) {
    try {
      return { node, sdp: sdpOf(await node.send(command)) }
    } catch (cause) {
      last = cause
      log.warn('media.node-failed', { node: node.url, cause: messageOf(cause) })
    }
  }
  throw new PorticoError('E_MEDIA_TIMEOUT', 'no rtpengine took the offer; see media.rtpengine', {
    cause: last,
  })
}

/** Media servers are on rtpengine's interface `priv`, all others on `pub`. */
function direction(from: MediaParty, to: MediaParty): readonly string[] {
  return [from, to].map(({ side }) => (side === 'server' ? 'priv' : 'pub'))
}

const hidden = ['origin', 'session-name', 'username']

/** The flag sets that were measured against rtpengine 26 with a Chrome offer and an Asterisk answer. */
function offerCommand({ call, from, to, sdp }: MediaExchange): NgCommand {
  const common = {
    command: 'offer',
    'call-id': call,
    'from-tag': from.tag,
    direction: direction(from, to),
    replace: hidden,
    sdp,
  }
  if (to.side === 'browser') {
    return {
      ...common,
      'transport-protocol': 'UDP/TLS/RTP/SAVPF',
      ICE: 'force',
      'rtcp-mux': ['offer', 'require'],
      flags: ['SDES-no', 'generate-mid', 'strict-source'],
    }
  }
  return {
    ...common,
    'transport-protocol': 'RTP/AVP',
    ICE: 'remove',
    // Said in the offer, it makes the browser see setup:passive in the answer and so begin the handshake itself.
    ...(from.side === 'browser' && { DTLS: 'passive' }),
    'rtcp-mux': ['demux'],
    flags: ['SDES-no', 'strip-extmap', 'strict-source'],
    codec: { strip: ['all'], offer: ['opus', 'PCMA', 'PCMU', 'telephone-event'] },
  }
}

function answerCommand({ call, from, to, sdp }: MediaExchange): NgCommand {
  return {
    command: 'answer',
    'call-id': call,
    // The from-tag is that of the offer: the party that this answer goes to.
    'from-tag': to.tag,
    'to-tag': from.tag,
    'via-branch': from.tag,
    direction: direction(from, to),
    replace: hidden,
    sdp,
    ...(to.side === 'browser'
      ? { ICE: 'force', 'rtcp-mux': ['accept'], flags: ['SDES-no', 'generate-mid', 'strict-source'] }
      : { ICE: 'remove', flags: ['SDES-no', 'strict-source'] }),
  }
}

function sdpOf(answer: { readonly sdp?: string | undefined }): string {
  if (answer.sdp === undefined) throw new PorticoError('E_MEDIA_REFUSED', 'rtpengine answered without SDP')
  return answer.sdp
}
