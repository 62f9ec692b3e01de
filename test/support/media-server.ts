import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Test } from 'tap'
import { watch } from './leak-scanner.ts'
import { answerTo, headerOf, methodOf, readSip, writeSip, type SipText } from './sip-text.ts'

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
  /** How it answers an INVITE; default: 200 with `answerSdp`. */
  onInvite: (invite: SipText) => { readonly status: number; readonly words?: Words }
  /** What else its responses say. */
  words: Words
  /** Sends a request in the dialog of its last INVITE. */
  send(method: string, words?: Words): void
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
  const server: FakeMediaServer = {
    sip: { host, port, transport: 'udp' },
    requests: [],
    words: {},
    onInvite: () => ({ status: 200, words: sdp(answerSdp('192.0.2.7')) }),
    send(method, words = {}) {
      const last = invites.at(-1)
      if (!last) throw new Error('nobody called')
      sequence += 1
      const to = /<([^>]*)>/.exec(headerOf(last.invite, 'contact'))?.[1] ?? ''
      socket.send(
        inDialog(last.invite, `${method} ${to} SIP/2.0`, `${sequence} ${method}`, server.sip, words),
        last.port,
        last.from,
      )
    },
  }
  const invites: { invite: SipText; from: string; port: number }[] = []
  let sequence = 100
  socket.on('message', (bytes, from) => {
    watch.inside(bytes.toString(), 'door')
    const message = readSip(bytes.toString())
    const method = methodOf(message)
    if (method === undefined) return
    const answer = answerOf(server, message, method)
    if (method !== 'OPTIONS') server.requests.push(message)
    if (method === 'INVITE') invites.push({ invite: message, from: from.address, port: from.port })
    if (answer !== undefined) reply(socket, answer, from)
  })
  return server
}

/** Words with a session description. */
export function sdp(body: string, words: Words = {}): Words {
  return { ...words, headers: [...(words.headers ?? []), ['Content-Type', 'application/sdp']], body }
}

function answerOf(server: FakeMediaServer, request: SipText, method: string): string | undefined {
  if (method === 'ACK') return undefined
  const { status, words = {} } = method === 'INVITE' ? server.onInvite(request) : { status: 200 }
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

function reply(socket: Socket, text: string, to: { readonly address: string; readonly port: number }): void {
  watch.inside(text, 'server')
  socket.send(text, to.port, to.address)
}

function inDialog(
  invite: SipText,
  start: string,
  cseq: string,
  { host, port }: FakeMediaServer['sip'],
  { headers = [], body = '' }: Words,
): string {
  const to = headerOf(invite, 'to')
  return writeSip(
    start,
    [
      ['Via', `SIP/2.0/UDP ${host}:${port};branch=z9hG4bKinside${cseq.replace(' ', '')};rport`],
      ['Max-Forwards', '70'],
      ['From', /;tag=/.test(to) ? to : `${to};tag=from-the-inside`],
      ['To', headerOf(invite, 'from')],
      ['Call-ID', headerOf(invite, 'call-id')],
      ['CSeq', cseq],
      ['Contact', `<sip:asterisk@${host}:${port}>`],
      ...headers,
    ],
    body,
  )
}
