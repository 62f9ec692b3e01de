import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { z } from 'zod'
import { PorticoError } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/clock.ts'

/** One order to rtpengine, in the words of its ng protocol. */
export type NgCommand = Readonly<Record<string, unknown>> & { readonly command: string }

/** One rtpengine, spoken to in its ng protocol: JSON over UDP, each datagram led by a cookie. */
export interface NgNode {
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
  /** The answer of rtpengine. Rejects with `E_MEDIA_TIMEOUT` or, when it said no, `E_MEDIA_REFUSED`. */
  send(command: NgCommand): Promise<NgAnswer>
}

const answerSchema = z.looseObject({
  result: z.string(),
  sdp: z.string().optional(),
  'error-reason': z.string().optional(),
})

/** What rtpengine answers. */
export type NgAnswer = z.infer<typeof answerSchema>

export interface NgOptions {
  /** `udp://host:port`. */
  readonly url: string
  /** How long an answer is waited for; within it the order is repeated twice. */
  readonly timeoutMs: number
  readonly clock: Clock
}

interface Pending {
  readonly resolve: (answer: NgAnswer) => void
  readonly reject: (cause: PorticoError) => void
  readonly forget: () => void
}

/** Opens its socket in `start`; every order before it, or after `stop`, ends in `E_MEDIA_TIMEOUT`. */
export class NgClient implements NgNode {
  readonly url: string
  readonly #options: NgOptions
  readonly #pending = new Map<string, Pending>()
  #socket: Socket | undefined

  constructor(options: NgOptions) {
    this.url = options.url
    this.#options = options
  }

  async start(): Promise<void> {
    const { hostname, port } = new URL(this.url)
    const host = hostname.replace(/^\[|\]$/g, '')
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    this.#socket = socket
    socket.on('message', datagram => this.#received(datagram))
    // An ICMP refusal: nothing listens there, and nothing that was asked will be answered.
    socket.on('error', () => this.#giveUp('nothing listens there'))
    await new Promise<void>(resolve => socket.connect(Number(port), host, resolve))
  }

  async stop(): Promise<void> {
    this.#giveUp('the door is stopping')
    const socket = this.#socket
    this.#socket = undefined
    if (socket) await new Promise<void>(resolve => socket.close(resolve))
  }

  send(command: NgCommand): Promise<NgAnswer> {
    const { clock, timeoutMs } = this.#options
    const cookie = randomBytes(8).toString('hex')
    const datagram = `${cookie} ${JSON.stringify(command)}`
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(this.#timedOut(`no answer in ${timeoutMs} ms`))
      const cancels = [
        clock.after(timeoutMs / 3, () => this.#socket?.send(datagram)),
        clock.after((timeoutMs / 3) * 2, () => this.#socket?.send(datagram)),
        clock.after(timeoutMs, () => this.#settle(cookie, giveUp)),
      ]
      this.#pending.set(cookie, { resolve, reject, forget: () => cancels.forEach(cancel => cancel()) })
      this.#socket?.send(datagram)
    })
  }

  #received(datagram: Buffer): void {
    const text = datagram.toString()
    const cut = text.indexOf(' ')
    const cookie = text.slice(0, cut)
    const waiting = this.#pending.get(cookie)
    if (!waiting) return
    const answer = answerSchema.safeParse(parseJson(text.slice(cut + 1)))
    this.#settle(cookie, () => {
      if (!answer.success) return waiting.reject(this.#refused('an answer that is not of the ng protocol'))
      const { result, 'error-reason': reason = 'no reason given' } = answer.data
      if (result === 'ok' || result === 'pong') return waiting.resolve(answer.data)
      return waiting.reject(this.#refused(result === 'error' ? reason : result))
    })
  }

  #giveUp(why: string): void {
    for (const [cookie, { reject }] of this.#pending) {
      this.#settle(cookie, () => reject(this.#timedOut(why)))
    }
  }

  #settle(cookie: string, tell: () => void): void {
    this.#pending.get(cookie)?.forget()
    this.#pending.delete(cookie)
    tell()
  }

  #timedOut(why: string): PorticoError {
    const hint = 'is it running, and is media.rtpengine right?'
    return new PorticoError('E_MEDIA_TIMEOUT', `rtpengine at ${this.url}: ${why}; ${hint}`)
  }

  #refused(why: string): PorticoError {
    return new PorticoError('E_MEDIA_REFUSED', `rtpengine at ${this.url} refused: ${why}`)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
