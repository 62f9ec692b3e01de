/** Orders to rtpengine in the words of its ng protocol. The sets of flags were measured with real calls. */
import type { MediaExchange, MediaParty } from '../ports.ts'
import { conversionOf, type CodecPolicy } from './codecs.ts'
import type { NgCommand } from './ng.ts'

/** Rewrites the offer of `from` for `to`. */
export function offerCommand(exchange: MediaExchange, policy: CodecPolicy): NgCommand {
  const { from, to } = exchange
  return {
    ...partsOf('offer', exchange, from, to),
    ...(to.side === 'browser' ? offerToBrowser : offerToPhone),
    // Said in the offer, it makes the browser see setup:passive in the answer and so begin the handshake itself.
    ...(from.side === 'browser' && to.side !== 'browser' && { DTLS: 'passive' }),
    flags: flagsOf(from, to),
    codec: conversionOf(policy, from.side, to.side),
  }
}

/** Rewrites the answer of `from` for `to`, who offered. */
export function answerCommand(exchange: MediaExchange): NgCommand {
  const { from, to } = exchange
  return {
    ...partsOf('answer', exchange, to, from),
    ...(to.side === 'browser' ? answerToBrowser : answerToPhone),
    flags: flagsOf(from, to),
  }
}

/**
 * Frees one party. Its tag is given as the branch too, by which alone a party that never answered is known; without a
 * from-tag it would free the whole call.
 */
export function dropCommand(call: string, tag: string): NgCommand {
  return { ...endCommand(call), 'from-tag': tag, 'via-branch': tag, flags: ['fast'] }
}

/** Frees the whole call; the answer carries its statistics. */
export function endCommand(call: string): NgCommand {
  return { command: 'delete', 'call-id': call, 'delete delay': 0 }
}

/** Asks for the parties of a call and what came in from them. */
export function queryCommand(call: string): NgCommand {
  return { command: 'query', 'call-id': call }
}

const offerToBrowser = {
  'transport-protocol': 'UDP/TLS/RTP/SAVPF',
  ICE: 'force',
  'rtcp-mux': ['offer', 'require'],
} as const
const offerToPhone = { 'transport-protocol': 'RTP/AVP', ICE: 'remove', 'rtcp-mux': ['demux'] } as const
// An answer keeps the protocol that was offered.
const answerToBrowser = { ICE: 'force', 'rtcp-mux': ['accept'] } as const
const answerToPhone = { ICE: 'remove' } as const

/**
 * In both commands the from-tag is that of the party that offered. A party that has answered is known by its to-tag, one
 * that has not by its branch: both are its tag, so that nothing has to be remembered.
 */
function partsOf(
  command: 'offer' | 'answer',
  { call, from, to, sdp }: MediaExchange,
  offerer: MediaParty,
  answerer: MediaParty,
): NgCommand {
  return {
    command,
    'call-id': call,
    'from-tag': offerer.tag,
    'to-tag': answerer.tag,
    'via-branch': answerer.tag,
    direction: [interfaces[from.side], interfaces[to.side]],
    // Whoever is behind it, a party always sees the same origin, with a version that counts its own changes.
    replace: ['origin-full', 'SDP-version', 'session-name'],
    sdp,
  }
}

/** Names of the interfaces where rtpengine meets them. */
const interfaces = { browser: 'pub', carrier: 'pub', server: 'priv' } as const

/**
 * `port-latching` keeps the ports of the party that stays when the other one is replaced. Only the endpoint that was
 * learned, or that SDP or ICE named, is listened to. A media server sends from where its SDP says, so nothing is learned
 * from it: its last packets would otherwise pull the media back after a switch.
 */
function flagsOf(from: MediaParty, to: MediaParty): readonly string[] {
  return [
    'SDES-no',
    'strict-source',
    'port-latching',
    from.side === 'server' ? 'endpoint-learning-off' : 'endpoint-learning-heuristic',
    to.side === 'browser' ? 'generate-mid' : 'strip-extmap',
  ]
}
