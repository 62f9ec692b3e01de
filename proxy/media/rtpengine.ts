import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Media, MediaExchange } from '../ports.ts'
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

  async function offer(exchange: MediaExchange): Promise<string> {
    const command = offerCommand(exchange)
    const held = nodeOf.get(exchange.call)
    if (held) return sdpOf(await held.send(command))
    return firstOffer(exchange.call, command)
  }

  async function firstOffer(call: string, command: NgCommand): Promise<string> {
    turn += 1
    const order = nodes
      .map((_, index) => nodes[(turn + index) % nodes.length])
      .filter(node => node !== undefined)
    let last: unknown
    for (const node of order) {
      try {
        const sdp = sdpOf(await node.send(command))
        nodeOf.set(call, node)
        return sdp
      } catch (cause) {
        last = cause
        log.warn('media.node-failed', { node: node.url, cause: messageOf(cause) })
      }
    }
    throw new PorticoError('E_MEDIA_TIMEOUT', 'no rtpengine took the offer; see media.rtpengine', {
      cause: last,
    })
  }

  async function answer(exchange: MediaExchange): Promise<string> {
    const held = nodeOf.get(exchange.call)
    if (!held) throw new PorticoError('E_MEDIA_REFUSED', `no offer was made for ${exchange.call}`)
    return sdpOf(await held.send(answerCommand(exchange)))
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

  return { offer, answer, end, start, stop }
}

/** The leg called `a` is outside, on rtpengine's interface `pub`; `b` is inside, on `priv`. */
function direction(from: string): readonly string[] {
  return from === 'a' ? ['pub', 'priv'] : ['priv', 'pub']
}

const hidden = ['origin', 'session-name', 'username']

/** The flag sets that were measured against rtpengine 26 with a Chrome offer and an Asterisk answer. */
function offerCommand({ call, from, to, fromSide, toSide, sdp }: MediaExchange): NgCommand {
  const common = {
    command: 'offer',
    'call-id': call,
    'from-tag': from,
    ...(to !== undefined && { 'to-tag': to }),
    direction: direction(from),
    replace: hidden,
    sdp,
  }
  if (toSide === 'webrtc') {
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
    ...(fromSide === 'webrtc' && { DTLS: 'passive' }),
    'rtcp-mux': ['demux'],
    flags: ['SDES-no', 'strip-extmap', 'strict-source'],
    codec: { strip: ['all'], offer: ['opus', 'PCMA', 'PCMU', 'telephone-event'] },
  }
}

function answerCommand({ call, from, to, toSide, sdp }: MediaExchange): NgCommand {
  return {
    command: 'answer',
    'call-id': call,
    // The from-tag is that of the offer: the party that this answer goes to.
    'from-tag': to,
    'to-tag': from,
    direction: direction(from),
    replace: hidden,
    sdp,
    ...(toSide === 'webrtc'
      ? { ICE: 'force', 'rtcp-mux': ['accept'], flags: ['SDES-no', 'generate-mid', 'strict-source'] }
      : { ICE: 'remove', flags: ['SDES-no', 'strict-source'] }),
  }
}

function sdpOf(answer: { readonly sdp?: string | undefined }): string {
  if (answer.sdp === undefined) throw new PorticoError('E_MEDIA_REFUSED', 'rtpengine answered without SDP')
  return answer.sdp
}
