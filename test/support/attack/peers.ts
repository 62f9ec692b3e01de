import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { WebSocket, type ClientOptions } from 'ws'
import { watch } from '../leak-scanner.ts'
import { headerOf, readSip, statusOf, type SipText } from '../sip-text.ts'
import { origin } from './target.ts'
import { requestText, unique, type RequestText } from './text.ts'

/** A browser that behaves. */
export interface Browser {
  readonly socket: WebSocket
  /** Sends a request; resolves with the final response, and rejects when the connection closes before. */
  ask(method: string, given?: RequestText): Promise<SipText>
  /** The code with which the connection was closed. */
  readonly closed: Promise<number>
}

/** Where a browser comes from. */
export interface BrowserOptions extends ClientOptions {
  readonly scheme?: 'ws' | 'wss'
  /** A source address in 127.0.0.0/8. */
  readonly from?: string
}

/** Connects a browser; rejects when it is not let in. */
export async function browser(t: Test, port: number, options: BrowserOptions = {}): Promise<Browser> {
  const { scheme = 'ws', from = '127.0.0.1', ...rest } = options
  const socket = new WebSocket(`${scheme}://127.0.0.1:${port}/sip`, 'sip', {
    origin,
    localAddress: from,
    ...rest,
  })
  t.teardown(() => socket.terminate())
  const closed = new Promise<number>(resolve => socket.once('close', resolve))
  await once(socket, 'open')
  socket.on('error', () => undefined)
  const waiting = new Map<string, (response: SipText) => void>()
  socket.on('message', (data: Buffer) => {
    watch.toOutside(data.toString())
    const message = readSip(data.toString())
    if (statusOf(message) >= 200) waiting.get(headerOf(message, 'call-id'))?.(message)
  })
  return {
    socket,
    closed,
    ask: (method, given = {}) =>
      new Promise((resolve, reject) => {
        const { callId = unique() } = given
        waiting.set(callId, resolve)
        void closed.then(code => reject(new Error(`closed with ${code}`)))
        const text = requestText(method, { via: 'SIP/2.0/WS peer.invalid', ...given, callId })
        watch.fromOutside(text)
        socket.send(text)
      }),
  }
}

/** A TCP connection, and what became of it. */
export interface RawClient {
  readonly socket: Socket
  /** Everything that came so far. */
  got(): string
  isClosed(): boolean
  readonly closed: Promise<void>
}

/** Opens a TCP connection that says nothing by itself. */
export function rawClient(t: Test, port: number, from = '127.0.0.1'): RawClient {
  return kept(t, connect({ host: '127.0.0.1', port, localAddress: from }))
}

/** The same over TLS. */
export function rawTlsClient(t: Test, port: number, ca: string): RawClient & { readonly socket: TLSSocket } {
  const socket = connectTls({ host: '127.0.0.1', port, ca })
  return { ...kept(t, socket), socket }
}

function kept(t: Test, socket: Socket): RawClient {
  let text = ''
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.on('data', chunk => (text += chunk.toString('latin1')))
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  return { socket, got: () => text, isClosed: () => socket.closed, closed }
}

/** A UDP peer at an address of its own. */
export interface UdpPeer {
  readonly port: number
  readonly socket: UdpSocket
  /** What came so far; may be emptied. */
  readonly got: string[]
  send(text: string | Buffer, port: number): void
  /** The next final response with that Call-ID; rejects after five seconds. */
  answer(callId: string): Promise<SipText>
}

/** Opens a UDP peer on a free port of `from`. */
export async function udpPeer(t: Test, from = '127.0.0.1', port = 0): Promise<UdpPeer> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 })
  socket.bind(port, from)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  const got: string[] = []
  const waiting = new Map<string, (response: SipText) => void>()
  socket.on('message', (bytes: Buffer) => {
    const text = bytes.toString()
    watch.toOutside(text)
    got.push(text)
    const message = readSip(text)
    if (statusOf(message) >= 200) waiting.get(headerOf(message, 'call-id'))?.(message)
  })
  return {
    port: socket.address().port,
    socket,
    got,
    send(text, to) {
      watch.fromOutside(text.toString())
      socket.send(text, to, '127.0.0.1')
    },
    answer: callId =>
      new Promise((resolve, reject) => {
        const guard = setTimeout(() => reject(new Error(`no answer to ${callId}`)), 5000)
        waiting.set(callId, response => {
          clearTimeout(guard)
          waiting.delete(callId)
          resolve(response)
        })
      }),
  }
}

/** The upgrade of a WebSocket as a browser writes it, with lines that replace the usual ones (an empty value leaves one out). */
export function upgradeText(
  lines: Readonly<Record<string, string>> = {},
  start = 'GET /sip HTTP/1.1',
): string {
  const usual = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': 'sip',
    Origin: origin,
  }
  const all = Object.entries({ ...usual, ...lines }).filter(([, value]) => value !== '')
  return `${[start, ...all.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`
}

/** One masked WebSocket frame. The mask is zeros, so that the payload stays readable. */
export function frame(payload: Buffer | string, { opcode = 1, isFinal = true, bits = 0 } = {}): Buffer {
  const data = Buffer.from(payload)
  const first = (isFinal ? 0x80 : 0) | bits | opcode
  const { length } = data
  const size = length < 126 ? Buffer.of(0x80 | length) : Buffer.of(0x80 | 126, length >> 8, length & 255)
  return Buffer.concat([Buffer.of(first), size, Buffer.alloc(4), data])
}
