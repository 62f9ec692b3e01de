/** A process that does nothing but read messages. */
import { callId, contactUri, cseq, fromTag, toTag, topVia } from '../../engine/message/accessors.ts'
import { parseMessage } from '../../engine/message/parse.ts'
import { writeMessage } from '../../engine/message/write.ts'
import { webrtcOffer } from '../load/offer.ts'
import { serve } from './remote.ts'

/** What the process can be asked. */
export interface ParseService {
  /** Reads each kind for that many milliseconds. */
  readonly measure: (order: { readonly ms: number; readonly torture: readonly Buffer[] }) => ParseTimes
}

/** Messages per second of processor time, by kind, and how long they are on average. */
export interface ParseTimes {
  readonly perSecond: Readonly<Record<string, number>>
  readonly bytes: Readonly<Record<string, number>>
}

serve<ParseService>({ measure })

function measure({ ms, torture }: { ms: number; torture: readonly Buffer[] }): ParseTimes {
  const perSecond: Record<string, number> = {}
  const bytes: Record<string, number> = {}
  for (const [kind, messages] of [...kinds, ['torture', torture] as const]) {
    perSecond[kind] = rate(ms, messages, read)
    bytes[kind] = Math.round(messages.reduce((sum, { length }) => sum + length, 0) / messages.length)
  }
  perSecond['inviteReadAndWritten'] = rate(ms, [invite], readAndWrite)
  return { perSecond, bytes }
}

function rate(ms: number, messages: readonly Buffer[], work: (message: Buffer) => void): number {
  const begun = process.cpuUsage()
  let done = 0
  let spentMs = 0
  while (spentMs < ms) {
    for (let round = 0; round < 100; round++) for (const message of messages) work(message)
    done += 100 * messages.length
    const { user, system } = process.cpuUsage(begun)
    spentMs = (user + system) / 1000
  }
  return Math.round((done / spentMs) * 1000)
}

/** What every message costs on its way to its transaction: all values by which it is matched. */
function read(bytes: Buffer): unknown {
  const parsed = parseMessage(bytes)
  if (!parsed.ok) return parsed.fault
  const { message } = parsed
  return [
    topVia(message),
    callId(message),
    cseq(message),
    fromTag(message),
    toTag(message),
    contactUri(message),
  ]
}

function readAndWrite(bytes: Buffer): unknown {
  const parsed = parseMessage(bytes)
  return parsed.ok ? writeMessage(parsed.message) : parsed.fault
}

function lines(...all: readonly string[]): Buffer {
  return Buffer.from(all.join('\r\n'))
}

const identity = [
  'Via: SIP/2.0/WSS 3kd8fj2l1m0q.invalid;branch=z9hG4bK7346917',
  'Max-Forwards: 70',
  'From: "Agent 1001" <sip:1001@portico.example>;tag=8n4gk2l0qw',
  'Call-ID: 7ec812a0d639378150cdba',
]
const phone = [
  'Contact: <sip:4mqn0rsv@3kd8fj2l1m0q.invalid;transport=ws;ob>;+sip.instance="<urn:uuid:1b1f8f8e-6d0c-4a1c-9a4e-0b1e3f1a2b3c>";expires=600',
  'Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER',
  'Supported: outbound, path, gruu',
  'User-Agent: SIP.js/0.21.2',
]

const register = lines(
  'REGISTER sip:portico.example SIP/2.0',
  ...identity,
  'To: <sip:1001@portico.example>',
  'CSeq: 2 REGISTER',
  'Authorization: Digest algorithm=MD5, username="1001", realm="portico.example", nonce="mib7x2p4.9nXq0W3vTz1k.2mQp0oV7yq8sB1xW4kLd0a", uri="sip:portico.example", response="5b47e8f7f9b1c38a6d1e25fb1bd81f38", qop=auth, cnonce="cpb2lmk0tq1r", nc=00000001',
  ...phone,
  'Content-Length: 0',
  '',
  '',
)

const invite = lines(
  'INVITE sip:conference@portico.example SIP/2.0',
  ...identity,
  'To: <sip:conference@portico.example>',
  'CSeq: 1 INVITE',
  ...phone,
  'Content-Type: application/sdp',
  `Content-Length: ${webrtcOffer.length}`,
  '',
  webrtcOffer,
)

const ok = lines(
  'SIP/2.0 200 OK',
  'Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK6b1f27d0c2a94e13;rport=5070;received=127.0.0.1',
  'From: <sip:1001@portico.example>;tag=84729bf5281cc0a7',
  'To: <sip:agt-1001@127.0.1.1:5060;transport=udp>;tag=9b1a5e64-0f7d-4a5e-8f0b-7c1f5b1a2d3e',
  'Call-ID: 5f3c7a90b4d1e28f6a0c9b8d7e6f5a4b',
  'CSeq: 1 INVITE',
  'Server: Asterisk PBX 22.5.0',
  'Allow: OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, MESSAGE, REFER',
  'Contact: <sip:127.0.1.1:5060>',
  'Supported: 100rel, timer, replaces, norefersub',
  'Content-Length: 0',
  '',
  '',
)

const kinds: readonly (readonly [string, readonly Buffer[]])[] = [
  ['register', [register]],
  ['invite', [invite]],
  ['ok', [ok]],
]
