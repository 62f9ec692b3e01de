import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { watch } from './leak-scanner.ts'
import { answerTo, headerOf, methodOf, readSip, statusOf, writeSip, type SipText } from './sip-text.ts'

/** Where a client calls from and through which door. */
export interface SipClientOptions {
  readonly address: string
  readonly door: { readonly host: string; readonly port: number }
}

/** The other side of a call, as a carrier sees it. */
export interface ClientCall {
  /** The answer of the final 2xx. */
  readonly sdp: string
  /** True once the other side has hung up. */
  readonly isOver: () => boolean
  hangUp(): Promise<number>
}

/** A carrier's leg over UDP without an engine: one call at a time, requests repeated each half second until answered. */
export interface SipClient {
  /** Calls `user` at the door with an offer; rejects when it is not answered with 2xx within 10 s. */
  call(user: string, sdp: string): Promise<ClientCall>
  close(): void
}

type Line = readonly [name: string, value: string]

/** Opens a client on a free port. */
export async function openSipClient({ address, door }: SipClientOptions): Promise<SipClient> {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  const { port } = socket.address()
  const line = new ClientLine(socket, { address, port, door })
  return { call: (user, sdp) => line.call(user, sdp), close: () => socket.close() }
}

interface Place {
  readonly address: string
  readonly port: number
  readonly door: SipClientOptions['door']
}

class ClientLine {
  readonly #socket: Socket
  readonly #place: Place
  readonly #waiting = new Map<string, (response: SipText) => void>()
  readonly #over = new Set<string>()

  constructor(socket: Socket, place: Place) {
    this.#socket = socket
    this.#place = place
    socket.on('message', bytes => {
      watch.toOutside(bytes.toString())
      this.#received(readSip(bytes.toString()))
    })
  }

  async call(user: string, sdp: string): Promise<ClientCall> {
    const { address, port, door } = this.#place
    const uri = `sip:${user}@${door.host}:${door.port}`
    const callId = randomBytes(12).toString('hex')
    const dialog: readonly Line[] = [
      ['Max-Forwards', '70'],
      ['From', `"Client" <sip:+4930123456@${address}>;tag=${randomBytes(6).toString('hex')}`],
      ['Call-ID', callId],
      ['Contact', `<sip:client@${address}:${port}>`],
    ]
    const first: readonly Line[] = [...dialog, ['To', `<${uri}>`], ['Content-Type', 'application/sdp']]
    const answer = await this.#ask('INVITE', uri, 1, first, sdp)
    if (statusOf(answer) > 299) throw new Error(`INVITE ${uri} was answered ${answer.start}`)
    const target = /<([^>]*)>/.exec(headerOf(answer, 'contact'))?.[1] ?? uri
    const rest: readonly Line[] = [...dialog, ['To', headerOf(answer, 'to')]]
    this.#send('ACK', target, 1, rest)
    return {
      sdp: answer.body,
      isOver: () => this.#over.has(callId),
      hangUp: async () => statusOf(await this.#ask('BYE', target, 2, rest)),
    }
  }

  async #ask(
    method: string,
    uri: string,
    sequence: number,
    lines: readonly Line[],
    body = '',
  ): Promise<SipText> {
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`
    const send = (): void => this.#send(method, uri, sequence, lines, body, branch)
    const answered = new Promise<SipText>(resolve => this.#waiting.set(branch, resolve))
    const repeat = setInterval(send, 500)
    const giveUp = AbortSignal.timeout(10_000)
    send()
    try {
      const never = once(giveUp, 'abort').then(() =>
        Promise.reject(new Error(`${method} ${uri}: no answer in 10 s`)),
      )
      return await Promise.race([answered, never])
    } finally {
      clearInterval(repeat)
      this.#waiting.delete(branch)
    }
  }

  #send(
    method: string,
    uri: string,
    sequence: number,
    lines: readonly Line[],
    body = '',
    branch = `z9hG4bK${randomBytes(8).toString('hex')}`,
  ): void {
    const { address, port, door } = this.#place
    const via: Line = ['Via', `SIP/2.0/UDP ${address}:${port};branch=${branch};rport`]
    const text = writeSip(
      `${method} ${uri} SIP/2.0`,
      [via, ...lines, ['CSeq', `${sequence} ${method}`]],
      body,
    )
    watch.fromOutside(text)
    this.#socket.send(text, door.port, door.host)
  }

  #received(message: SipText): void {
    const method = methodOf(message)
    if (!method) {
      const branch = /;branch=([^;,]+)/.exec(headerOf(message, 'via'))?.[1] ?? ''
      if (statusOf(message) > 199) this.#waiting.get(branch)?.(message)
      return
    }
    if (method === 'BYE') this.#over.add(headerOf(message, 'call-id'))
    const { door } = this.#place
    if (method !== 'ACK') this.#socket.send(answerTo(message, 200), door.port, door.host)
  }
}

/** An offer of PCMA alone. */
export function pcmaOffer(address: string, port: number): string {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 8`,
    'a=rtpmap:8 PCMA/8000',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n')
}

/** The same offer, with telephone events (RFC 4733). */
export function pcmaOfferWithEvents(address: string, port: number): string {
  return pcmaOffer(address, port)
    .replace('RTP/AVP 8', 'RTP/AVP 8 101')
    .replace('a=ptime', 'a=rtpmap:101 telephone-event/8000\r\na=ptime')
}

/** Where an SDP wants its audio. */
export function audioTarget(sdp: string): { readonly host: string; readonly port: number } {
  const host = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1]
  const port = /^m=audio (\d+)/m.exec(sdp)?.[1]
  if (!host || !port) throw new Error(`this SDP has no audio:\n${sdp}`)
  return { host, port: Number(port) }
}
