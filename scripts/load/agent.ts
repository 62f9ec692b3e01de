import { randomBytes } from 'node:crypto'
import { digestHa1, digestResponse, parseAuth } from '../../engine/message/digest.ts'
import { PorticoError } from '../../runtime/errors.ts'
import { header, headers, okTo, readLight, uriIn, type LightMessage } from './light-message.ts'
import { openLine, type Line, type LineOptions } from './line.ts'
import { webrtcOffer } from './offer.ts'

export interface AgentOptions extends LineOptions {
  readonly agent: string
  readonly domain: string
  readonly password: string
  /** Default: a WebSocket over TLS. */
  readonly open?: typeof openLine
}

/** What became of one call. */
export interface CallResult {
  /** True when it was answered, acknowledged and ended with 200 to the BYE. */
  readonly ok: boolean
  /** From the INVITE to the 200, in milliseconds; NaN without an answer. */
  readonly setupMs: number
  /** Why it failed, for a count by reason. */
  readonly reason: string
}

type Stage = 'idle' | 'inviting' | 'up' | 'ending'

/** An agent's phone, reduced to what loads a door: REGISTER with digest, and calls that it ends itself. */
export class LoadAgent {
  /** Copies of a 200 that came after the first. */
  copies = 0
  readonly #options: AgentOptions
  readonly #via: string
  readonly #contact: string
  readonly #tag = randomBytes(5).toString('hex')
  #line: Line | undefined
  #stage: Stage = 'idle'
  #sentAt = 0
  #setupMs = Number.NaN
  #holdMs = 0
  #callId = ''
  #branches = 0
  #calls = 0
  #ack = ''
  #bye = ''
  #registered: ((message: LightMessage) => void) | undefined
  #done: ((result: CallResult) => void) | undefined

  constructor(options: AgentOptions) {
    const host = `${randomBytes(6).toString('hex')}.invalid`
    this.#options = options
    this.#via = `Via: SIP/2.0/WSS ${host};branch=z9hG4bK${randomBytes(4).toString('hex')}`
    this.#contact = `<sip:${randomBytes(4).toString('hex')}@${host};transport=ws>`
  }

  get isIdle(): boolean {
    return this.#stage === 'idle'
  }

  /** Rejects with `E_LISTEN`. */
  async connect(): Promise<void> {
    const { open = openLine } = this.#options
    this.#line = await open(
      this.#options,
      text => this.#take(text),
      () => this.#fail('closed'),
    )
  }

  /** Registers with digest. Rejects with `E_LISTEN` that names the status. */
  async register(): Promise<void> {
    const callId = randomBytes(11).toString('hex')
    const challenge = await this.#ask(this.#registration(callId, 1, ''))
    if (challenge.status !== 401) throw refused('REGISTER', challenge.status)
    const { status } = await this.#ask(this.#registration(callId, 2, this.#authorization(challenge.text)))
    if (status !== 200) throw refused('REGISTER', status)
  }

  /** Calls the conference, stays for `holdMs` and hangs up; 0 hangs up as soon as it is answered. */
  call(holdMs: number, done: (result: CallResult) => void): void {
    const { domain } = this.#options
    const uri = `sip:conference@${domain}`
    this.#stage = 'inviting'
    this.#setupMs = Number.NaN
    this.#calls += 1
    this.#callId = `${this.#tag}${this.#calls}`
    this.#done = result => {
      this.#stage = 'idle'
      this.#done = undefined
      done(result)
    }
    this.#holdMs = holdMs
    this.#sentAt = performance.now()
    this.#send(
      `INVITE ${uri}`,
      [
        `To: <${uri}>`,
        `CSeq: 1 INVITE`,
        `Contact: ${this.#contact}`,
        'Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER',
        'Supported: outbound',
        'User-Agent: SIP.js/0.21.2',
        'Content-Type: application/sdp',
      ],
      webrtcOffer,
    )
  }

  /** Gives up a call that has taken longer than `ms`. */
  expire(now: number, ms: number): void {
    if (this.#stage !== 'idle' && now - this.#sentAt > ms + this.#holdMs)
      this.#fail(`no answer while ${this.#stage}`)
  }

  close(): void {
    this.#line?.close()
  }

  #take(text: string): void {
    const message = readLight(text)
    if (message.status === 0) {
      if (message.method !== 'ACK') this.#line?.send(okTo(text))
      return
    }
    if (message.status < 200) return
    if (message.method === 'REGISTER') this.#registered?.(message)
    else if (header(text, 'Call-ID') !== this.#callId) this.copies += 1
    else if (message.method === 'INVITE') this.#answered(message)
    else if (message.method === 'BYE') this.#ended(message)
  }

  #answered({ status, text }: LightMessage): void {
    if (this.#stage !== 'inviting') {
      this.copies += 1
      this.#line?.send(this.#ack)
      return
    }
    if (status > 299) {
      this.#acknowledgeRefusal(text)
      return this.#fail(`INVITE ${status}`)
    }
    this.#setupMs = performance.now() - this.#sentAt
    const target = uriIn(header(text, 'Contact'))
    const dialog = [`To: ${header(text, 'To')}`, ...routesOf(text)]
    this.#stage = 'up'
    this.#ack = this.#written(`ACK ${target}`, [...dialog, 'CSeq: 1 ACK'], '')
    this.#bye = this.#written(`BYE ${target}`, [...dialog, 'CSeq: 2 BYE'], '')
    this.#line?.send(this.#ack)
    if (this.#holdMs === 0) this.#hangUp()
    else setTimeout(() => this.#hangUp(), this.#holdMs)
  }

  /** RFC 3261 §17.1.1.3. */
  #acknowledgeRefusal(text: string): void {
    const lines = ['Via', 'From', 'To', 'Call-ID'].map(name => `${name}: ${header(text, name)}`)
    const uri = `sip:conference@${this.#options.domain}`
    const head = [`ACK ${uri} SIP/2.0`, ...lines, 'CSeq: 1 ACK', 'Max-Forwards: 70', 'Content-Length: 0']
    this.#line?.send(`${head.join('\r\n')}\r\n\r\n`)
  }

  #hangUp(): void {
    if (this.#stage !== 'up') return
    this.#stage = 'ending'
    this.#line?.send(this.#bye)
  }

  #ended({ status }: LightMessage): void {
    if (this.#stage !== 'ending') return
    if (status === 200) this.#done?.({ ok: true, setupMs: this.#setupMs, reason: '' })
    else this.#fail(`BYE ${status}`)
  }

  #fail(reason: string): void {
    this.#done?.({ ok: false, setupMs: this.#setupMs, reason })
  }

  #ask(text: string): Promise<LightMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(refused('REGISTER', 408)), 30_000)
      this.#registered = message => {
        clearTimeout(timer)
        resolve(message)
      }
      this.#line?.send(text)
    })
  }

  #registration(callId: string, cseq: number, authorization: string): string {
    const { agent, domain } = this.#options
    this.#callId = callId
    const lines = [
      `To: <sip:${agent}@${domain}>`,
      `CSeq: ${cseq} REGISTER`,
      `Contact: ${this.#contact};expires=600`,
      'Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER',
      'Supported: outbound, path, gruu',
      'User-Agent: SIP.js/0.21.2',
    ]
    if (authorization !== '') lines.push(authorization)
    return this.#written(`REGISTER sip:${domain}`, lines, '')
  }

  #authorization(challenge: string): string {
    const { agent, domain, password } = this.#options
    const params = parseAuth(header(challenge, 'WWW-Authenticate'))?.params
    const algorithm = params?.get('algorithm') === 'SHA-256' ? 'SHA-256' : 'MD5'
    const realm = params?.get('realm') ?? ''
    const nonce = params?.get('nonce') ?? ''
    const [nc, cnonce, uri] = ['00000001', randomBytes(8).toString('hex'), `sip:${domain}`]
    const ha1 = digestHa1(algorithm, agent, realm, password)
    const response = digestResponse({
      algorithm,
      ha1,
      nonce,
      nc,
      cnonce,
      qop: 'auth',
      method: 'REGISTER',
      uri,
    })
    return (
      `Authorization: Digest username="${agent}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
      `algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`
    )
  }

  #send(start: string, lines: readonly string[], body: string): void {
    this.#line?.send(this.#written(start, lines, body))
  }

  #written(start: string, lines: readonly string[], body: string): string {
    const { agent, domain } = this.#options
    this.#branches += 1
    return (
      `${start} SIP/2.0\r\n${this.#via}${this.#branches}\r\nMax-Forwards: 70\r\n` +
      `From: <sip:${agent}@${domain}>;tag=${this.#tag}\r\nCall-ID: ${this.#callId}\r\n` +
      `${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    )
  }
}

/** The way of all that follows in the dialog (RFC 3261 §12.1.2). */
function routesOf(answer: string): readonly string[] {
  return headers(answer, 'Record-Route')
    .toReversed()
    .map(route => `Route: ${route}`)
}

function refused(method: string, status: number): PorticoError {
  return new PorticoError('E_LISTEN', `${method} was answered ${status}`)
}
