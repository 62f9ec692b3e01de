import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Test } from 'tap'
import { watch } from './leak-scanner.ts'
import { answerTo, headerOf, methodOf, readSip, statusOf, writeSip, type SipText } from './sip-text.ts'

/** What a media server says; header lines beside those that a dialog needs. */
export interface Words {
  readonly reason?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/** A media server of the test's own, without an engine: answers whatever it likes over UDP. */
export interface FakeMediaServer {
  readonly sip: { readonly host: string; readonly port: number; readonly transport: 'udp' }
  /** Every request but OPTIONS, oldest first. */
  readonly requests: SipText[]
  /** How it answers an INVITE, and what it says of it before; default: 200 with `answerSdp`. */
  onInvite: (invite: SipText) => Answer
  /** What else its responses say. */
  words: Words
  /** Calls `uri` by way of that port of 127.0.0.1; resolves with the final response, to a 2xx after its ACK. */
  call(uri: string, port: number, words?: Words): Promise<SipText>
  /** Sends a request in the dialog of its last call. */
  send(method: string, words?: Words): void
}

interface Answer {
  readonly status: number
  readonly words?: Words
  /** Provisional responses. */
  readonly early?: readonly number[]
}

/** An SDP of somebody at `host`. */
export function answerSdp(host: string): string {
  return [
    'v=0',
    `o=- 7 8 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    'm=audio 10000 RTP/AVP 8',
    'a=rtpmap:8 PCMA/8000',
    'a=sendrecv',
    '',
  ].join('\r\n')
}

/** Opens one at `host`; it is gone when the test ends. */
export async function openMediaServer(t: Test, host = '127.0.1.1'): Promise<FakeMediaServer> {
  const socket = createSocket('udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  watch.mark(host)
  const { port } = socket.address()
  const dialogs: Dialog[] = []
  const waiting = new Map<string, (response: SipText) => void>()
  let sequence = 100
  const server: FakeMediaServer = {
    sip: { host, port, transport: 'udp' },
    requests: [],
    words: {},
    onInvite: () => ({ status: 200, words: sdp(answerSdp('192.0.2.7')) }),
    call: (uri, port, words) =>
      new Promise(resolve => {
        sequence += 1
        const callId = `${sequence}@${host}`
        const local = `"Asterisk on ${host}" <sip:asterisk@${host}>;tag=from-the-inside`
        const dialog = { callId, local, remote: `<${uri}>`, target: uri, to: { address: '127.0.0.1', port } }
        const say = (said: Dialog, method: string, its: Words = {}): void =>
          write(socket, said, method, sequence, server.sip, its)
        waiting.set(callId, response => {
          const answered = { ...dialog, remote: headerOf(response, 'to'), target: contactOf(response) }
          if (statusOf(response) < 300) dialogs.push(answered)
          say(statusOf(response) < 300 ? answered : { ...answered, target: uri }, 'ACK')
          resolve(response)
        })
        say(dialog, 'INVITE', words)
      }),
    send(method, words = {}) {
      const last = dialogs.at(-1)
      if (!last) throw new Error('there was no call')
      sequence += 1
      write(socket, last, method, sequence, server.sip, words)
    },
  }
  socket.on('message', (bytes, from) => {
    watch.inside(bytes.toString(), 'door')
    const message = readSip(bytes.toString())
    const method = methodOf(message)
    if (method === undefined) {
      if (statusOf(message) >= 200 && headerOf(message, 'cseq').endsWith('INVITE'))
        waiting.get(headerOf(message, 'call-id'))?.(message)
      return
    }
    if (method !== 'OPTIONS') server.requests.push(message)
    if (method === 'INVITE') dialogs.push(dialogOf(message, from))
    for (const answer of answersOf(server, message, method)) reply(socket, answer, from)
  })
  return server
}

/** A dialog as one of its ends sees it. */
interface Dialog {
  readonly callId: string
  readonly local: string
  readonly remote: string
  readonly target: string
  readonly to: Peer
}

interface Peer {
  readonly address: string
  readonly port: number
}

function dialogOf(invite: SipText, to: Peer): Dialog {
  const called = headerOf(invite, 'to')
  return {
    callId: headerOf(invite, 'call-id'),
    local: /;tag=/.test(called) ? called : `${called};tag=from-the-inside`,
    remote: headerOf(invite, 'from'),
    target: contactOf(invite),
    to,
  }
}

function contactOf(message: SipText): string {
  return /<([^>]*)>/.exec(headerOf(message, 'contact'))?.[1] ?? ''
}

/** Words with a session description. */
export function sdp(body: string, words: Words = {}): Words {
  return { ...words, headers: [...(words.headers ?? []), ['Content-Type', 'application/sdp']], body }
}

function answersOf(server: FakeMediaServer, request: SipText, method: string): readonly string[] {
  if (method === 'ACK') return []
  if (method !== 'INVITE') return [answerOf(server, request, { status: 200 })]
  const { early = [], ...final } = server.onInvite(request)
  return [...early.map(status => ({ ...final, status })), final].map(one => answerOf(server, request, one))
}

function answerOf(server: FakeMediaServer, request: SipText, { status, words = {} }: Answer): string {
  const { host, port } = server.sip
  const both: Words = { ...server.words, ...words }
  return answerTo(request, status, {
    reason: both.reason ?? 'OK',
    tag: 'from-the-inside',
    headers: [
      ['Contact', `<sip:asterisk@${host}:${port}>`],
      ...(server.words.headers ?? []),
      ...(words.headers ?? []),
    ],
    body: both.body ?? '',
  })
}

function reply(socket: Socket, text: string, to: Peer): void {
  watch.inside(text, 'server')
  socket.send(text, to.port, to.address)
}

/** Sends a request of a dialog, from its media server. */
function write(
  socket: Socket,
  { callId, local, remote, target, to }: Dialog,
  method: string,
  sequence: number,
  { host, port }: FakeMediaServer['sip'],
  { headers = [], body = '' }: Words,
): void {
  const text = writeSip(
    `${method} ${target} SIP/2.0`,
    [
      ['Via', `SIP/2.0/UDP ${host}:${port};branch=z9hG4bKinside${sequence}${method};rport`],
      ['Max-Forwards', '70'],
      ['From', local],
      ['To', remote],
      ['Call-ID', callId],
      ['CSeq', `${sequence} ${method}`],
      ['Contact', `<sip:asterisk@${host}:${port}>`],
      ...headers,
    ],
    body,
  )
  watch.inside(text, 'server')
  socket.send(text, to.port, to.address)
}
