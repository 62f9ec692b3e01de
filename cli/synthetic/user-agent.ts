import { randomBytes } from 'node:crypto'
import type { Engine, EngineEvent, RequestParts } from '../../engine/api.ts'
import { toTag } from '../../engine/message/accessors.ts'
import { digestHa1, digestResponse, parseAuth } from '../../engine/message/digest.ts'
import type { HeaderLine, SipRequest, SipResponse } from '../../engine/message/message.ts'
import { PorticoError } from '../../runtime/errors.ts'

/** The final response to a request, and the dialog that it made. */
export interface Final {
  readonly status: number
  readonly response: SipResponse
  readonly dialog?: string
}

/** A call that is up. */
export interface UpCall {
  readonly dialog: string
  /** The tag of the far end. */
  readonly toTag: string
  /** What the far end answered. */
  readonly sdp: string
  /** Resolves when the far end has hung up. */
  readonly ended: Promise<void>
  hangUp(): Promise<number>
  /** Sends a request inside the dialog; a 2xx to INVITE is acknowledged. */
  ask(method: string, parts?: Pick<RequestParts, 'headers' | 'body'>): Promise<Final>
}

/** Who a user agent says it is, when it is asked (RFC 3261 §22). */
export interface Account {
  readonly user: string
  readonly password: string
}

/** A SIP user agent without a microphone: what `portico selftest` and the tests call with. */
export class UserAgent {
  readonly #engine: Engine
  readonly #account: Account | undefined
  readonly #waiting = new Map<string, (final: Final) => void>()
  readonly #ringing = new Map<string, () => void>()
  readonly #calls = new Map<string, () => void>()
  /** Every request that came in, newest last; all are answered 200, a re-INVITE with the SDP that was offered, a call with one that fits. */
  readonly heard: SipRequest[] = []
  #sdp = ''

  constructor(engine: Engine, account?: Account) {
    this.#engine = engine
    this.#account = account
    engine.onEvent(event => this.#take(event))
  }

  /** Sends a request and follows one challenge. */
  async request(parts: RequestParts): Promise<Final> {
    const first = await this.#send(parts)
    if (first.final.status !== 401 || !this.#account) return first.final
    const { method } = parts
    const answer = this.#answer(first.final.response, { method, uri: first.sent.uri }, this.#account)
    // Inside a dialog the engine itself counts on.
    if (parts.dialog !== undefined)
      return (await this.#send({ ...parts, headers: [...(parts.headers ?? []), answer] })).final
    // RFC 3261 §22.2: the second request carries the Call-ID and From tag of the first.
    const same = ['Call-ID', 'From'].map((name): HeaderLine => [name, first.sent.headers.get(name) ?? ''])
    const headers = [
      ...(parts.headers ?? []).filter(([name]) => !/^(call-id|from)$/i.test(name)),
      ...same,
      answer,
    ]
    const cseq = Number.parseInt(first.sent.headers.get('CSeq') ?? '1', 10) + 1
    return (await this.#send({ ...parts, headers: [...headers, ['CSeq', `${cseq} ${parts.method}`]] })).final
  }

  /** Sends an INVITE with `sdp`. Resolves to the call, or to the refusal. */
  async call(parts: Omit<RequestParts, 'method' | 'body'>, sdp: string): Promise<UpCall | Final> {
    this.#sdp = sdp
    const headers: HeaderLine[] = [...(parts.headers ?? []), ['Content-Type', 'application/sdp']]
    const final = await this.request({ ...parts, method: 'INVITE', headers, body: sdp })
    const { dialog } = final
    if (final.status > 299 || dialog === undefined) return final
    this.#engine.ack(dialog)
    const ended = new Promise<void>(resolve => this.#calls.set(dialog, resolve))
    return {
      dialog,
      toTag: toTag(final.response) ?? '',
      sdp: final.response.body.toString(),
      ended,
      hangUp: async () => (await this.request({ method: 'BYE', dialog })).status,
      ask: async (method, more = {}) => {
        const answer = await this.request({ ...more, method, dialog })
        if (method === 'INVITE' && answer.status < 300) this.#engine.ack(dialog)
        return answer
      },
    }
  }

  /** Sends an INVITE and gives it up as soon as it rings, or at once. Resolves to the status it ended with. */
  async callAndCancel(
    parts: Omit<RequestParts, 'method' | 'body'>,
    sdp: string,
    when: 'ringing' | 'at once',
  ): Promise<number> {
    const headers: HeaderLine[] = [...(parts.headers ?? []), ['Content-Type', 'application/sdp']]
    const ordered = this.#engine.request({ ...parts, method: 'INVITE', headers, body: sdp })
    if (!ordered.ok) throw new PorticoError('E_LISTEN', `INVITE refused: ${ordered.refusal}`)
    const { transaction } = ordered
    const final = new Promise<Final>(resolve => this.#waiting.set(transaction, resolve))
    if (when === 'ringing') await new Promise<void>(resolve => this.#ringing.set(transaction, resolve))
    this.#engine.cancel(transaction)
    return (await final).status
  }

  #send(parts: RequestParts): Promise<{ readonly sent: SipRequest; readonly final: Final }> {
    const ordered = this.#engine.request(parts)
    if (!ordered.ok) throw new PorticoError('E_LISTEN', `${parts.method} refused: ${ordered.refusal}`)
    return new Promise(resolve => {
      this.#waiting.set(ordered.transaction, final => resolve({ sent: ordered.request, final }))
    })
  }

  #take(event: EngineEvent): void {
    if (event.kind === 'response') return this.#response(event)
    if (event.kind === 'request') return this.#request(event)
    if (event.kind === 'dialog-ended') this.#calls.get(event.dialog)?.()
    if (event.kind === 'flow-closed') this.#calls.forEach(ended => ended())
  }

  #response({ transaction, response, dialog }: Extract<EngineEvent, { kind: 'response' }>): void {
    if (response.status < 200) {
      if (response.status > 100) this.#ringing.get(transaction)?.()
      return
    }
    const resolve = this.#waiting.get(transaction)
    this.#waiting.delete(transaction)
    this.#ringing.delete(transaction)
    resolve?.({ status: response.status, response, ...(dialog !== undefined && { dialog }) })
  }

  #request({ transaction, request, dialog }: Extract<EngineEvent, { kind: 'request' }>): void {
    this.heard.push(request)
    const sdp = request.method === 'INVITE'
    if (sdp && this.#sdp === '') this.#sdp = browserOffer().replace('a=setup:actpass', 'a=setup:active')
    const headers: readonly HeaderLine[] = sdp ? [['Content-Type', 'application/sdp']] : []
    this.#engine.respond(transaction, { status: 200, headers, ...(sdp && { body: this.#sdp }) })
    if (request.method === 'BYE' && dialog !== undefined) this.#calls.get(dialog)?.()
  }

  #answer(
    challenged: SipResponse,
    { method, uri = '' }: RequestParts,
    { user, password }: Account,
  ): HeaderLine {
    const params = parseAuth(challenged.headers.get('WWW-Authenticate') ?? '')?.params
    const realm = params?.get('realm') ?? ''
    const nonce = params?.get('nonce') ?? ''
    const algorithm = params?.get('algorithm') === 'SHA-256' ? 'SHA-256' : 'MD5'
    const cnonce = randomBytes(8).toString('hex')
    const nc = '00000001'
    const ha1 = digestHa1(algorithm, user, realm, password)
    const response = digestResponse({ algorithm, ha1, nonce, nc, cnonce, qop: 'auth', method, uri })
    const value =
      `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, ` +
      `qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`
    return ['Authorization', value]
  }
}

/** An offer of G.711 from `address`:`port`, which need not exist. */
export function plainOffer(address: string, port: number): string {
  return [
    'v=0',
    `o=- ${Date.now()} 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 8 0 101`,
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=sendrecv',
    '',
  ].join('\r\n')
}

/** An offer such as a browser's (RFC 8829): Opus and G.711 over DTLS-SRTP, with keys and candidates that nobody has. */
export function browserOffer(): string {
  const fingerprint = randomBytes(32)
    .toString('hex')
    .toUpperCase()
    .replaceAll(/..(?=.)/g, '$&:')
  return [
    'v=0',
    `o=- ${Date.now()} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 8 0 126',
    'c=IN IP4 127.0.0.1',
    `a=ice-ufrag:${randomBytes(4).toString('hex')}`,
    `a=ice-pwd:${randomBytes(12).toString('hex')}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:126 telephone-event/8000',
    '',
  ].join('\r\n')
}

/** True when a call came up. */
export function isUp(outcome: UpCall | Final): outcome is UpCall {
  return 'hangUp' in outcome
}
