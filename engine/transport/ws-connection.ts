import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Source, Transport } from '../api.ts'
import { failLater, type Connection, type Context, type Failed } from './context.ts'
import { codeOf, plainAddress } from './listener-address.ts'
import { StallWatch } from './stall.ts'
import { fullBucket, takeToken, type Bucket, type Rate } from './token-bucket.ts'
import { isAcceptance } from './ws-acceptance.ts'
import { createFrameTracker, type FrameTracker } from './ws-frames.ts'

/** An accepted WebSocket and the socket under it. */
export interface WsConnectionOptions {
  readonly webSocket: WebSocket
  readonly socket: Socket
  readonly transport: Transport
  readonly listener: string
}

/** Takes over a WebSocket: each of its messages is one SIP message or a keep-alive (RFC 7118 §5). */
export function wsConnection(options: WsConnectionOptions, context: Context): Connection {
  return new WsConnection(options, context)
}

class WsConnection implements Connection {
  readonly flow: string
  readonly source: Source
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #context: Context
  readonly #frames: FrameTracker = createFrameTracker()
  readonly #stall: StallWatch
  readonly #messages: Bucket
  readonly #pings: Bucket
  /** Until the first message. */
  #cancelDeadline: () => void
  /** Until the message that has begun must have ended. */
  #cancelMessage: (() => void) | undefined
  /** Until the peer must have been accepted; undefined once it was. */
  #cancelAcceptance: (() => void) | undefined
  #cancelPing: () => void
  #cancelLinger: () => void = () => undefined
  #ended = 0
  #hasAnswered = true
  #isCut = false

  constructor({ webSocket, socket, transport, listener }: WsConnectionOptions, context: Context) {
    const { clock, limits, ws } = context
    this.flow = context.nextFlow()
    this.#webSocket = webSocket
    this.#socket = socket
    this.#context = context
    this.#stall = new StallWatch(
      { queued: () => this.queued(), onStalled: () => this.#kill('stalled') },
      limits.stallMs,
      clock,
    )
    this.#messages = fullBucket(messageRate(context), clock.now())
    this.#pings = fullBucket(pingRate(context), clock.now())
    const address = plainAddress(socket.remoteAddress)
    this.source = { transport, address, port: socket.remotePort ?? 0, flow: this.flow, listener }
    this.#cancelDeadline = clock.after(limits.firstMessageMs, () => this.#kill('silent'))
    if (ws.acceptedMs > 0)
      this.#cancelAcceptance = clock.after(ws.acceptedMs, () => this.#cut('not-accepted'))
    this.#cancelPing = clock.after(ws.pingMs, () => this.#ping())
    this.#listen()
    context.opened(this)
  }

  isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN
  }

  queued(): number {
    return this.#webSocket.bufferedAmount
  }

  send(bytes: Buffer, failed: Failed): void {
    const webSocket = this.#webSocket
    if (!this.isOpen()) {
      failLater(failed, 'flow-closed')
      return
    }
    if (webSocket.bufferedAmount + bytes.length > this.#context.limits.queueBytes) {
      failLater(failed, 'slow-consumer')
      this.#kill('slow-consumer')
      return
    }
    if (this.#cancelAcceptance !== undefined && isAcceptance(bytes)) this.#accept()
    // A browser closes a connection whose text frames are not UTF-8; bodies may be anything.
    webSocket.send(bytes, { binary: !isUtf8(bytes) }, cause => {
      if (cause === null || cause === undefined) this.#stall.moved()
      else failed(codeOf(cause))
    })
    this.#stall.given()
  }

  close(): void {
    this.#close(closeCodes.normal)
  }

  shutDown(): void {
    this.#close(closeCodes.restart)
  }

  #listen(): void {
    const webSocket = this.#webSocket
    webSocket.on('message', (data: Buffer) => this.#take(data))
    webSocket.on('pong', () => {
      this.#hasAnswered = true
      this.#countPing()
    })
    webSocket.on('ping', () => this.#countPing())
    webSocket.on('error', cause => this.#note('transport.ws-fault', codeOf(cause)))
    webSocket.once('close', () => this.#gone())
    // Behind the listener of the library, so that what a chunk has ended was already told.
    this.#socket.on('data', (chunk: Buffer) => this.#awaitRest(chunk))
  }

  #take(data: Buffer): void {
    if (this.#isCut) return
    const { clock } = this.#context
    if (!takeToken(this.#messages, messageRate(this.#context), clock.now())) {
      this.#cut('too-many-messages')
      return
    }
    if (data.length <= 4 && data.equals(ping.subarray(0, data.length))) {
      if (data.length === ping.length) this.send(pong, () => undefined)
      return
    }
    this.#cancelDeadline()
    this.#context.receive({ kind: 'message', bytes: data, source: this.source })
  }

  /** A message may come in pieces, but not for ever. */
  #awaitRest(chunk: Buffer): void {
    if (this.#isCut) return
    this.#frames.push(chunk)
    const { ended, isMidway } = this.#frames
    if (!isMidway || ended > this.#ended) {
      this.#cancelMessage?.()
      this.#cancelMessage = undefined
    }
    this.#ended = ended
    if (!isMidway || this.#cancelMessage !== undefined) return
    const { clock, limits } = this.#context
    this.#cancelMessage = clock.after(limits.messageMs, () => this.#cut('message-too-slow'))
  }

  /** Each ping is answered by the library, also to a peer that never reads. */
  #countPing(): void {
    if (this.#isCut) return
    const { clock, limits } = this.#context
    if (!takeToken(this.#pings, pingRate(this.#context), clock.now())) this.#cut('too-many-pings')
    else if (this.#webSocket.bufferedAmount > limits.queueBytes) this.#kill('slow-consumer')
  }

  #accept(): void {
    this.#cancelAcceptance?.()
    this.#cancelAcceptance = undefined
  }

  #ping(): void {
    if (!this.#hasAnswered) {
      this.#kill('no-pong')
      return
    }
    this.#hasAnswered = false
    this.#webSocket.ping()
    this.#cancelPing = this.#context.clock.after(this.#context.ws.pingMs, () => this.#ping())
  }

  /**
   * The close frame goes out, and the connection ends whether the peer answers or not. What still comes is read and dropped:
   * bytes that nobody reads would make the kernel reset the connection, and the peer would never see why.
   */
  #close(code: number): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#webSocket.close(code)
    this.#socket.end()
    this.#cancelLinger = this.#context.clock.after(lingerMs, () => this.#webSocket.terminate())
  }

  /** The peer has broken a rule and is told so. */
  #cut(reason: string): void {
    this.#note('transport.cut', reason)
    this.#close(closeCodes.policy)
  }

  /** The peer does not read, so that there is no telling it. */
  #kill(reason: string): void {
    this.#isCut = true
    this.#note('transport.cut', reason)
    this.#webSocket.close(closeCodes.tryLater)
    this.#webSocket.terminate()
  }

  #note(event: string, reason: string): void {
    const { transport, address, port, listener } = this.source
    this.#context.log.info(event, { transport, address, port, listener, reason })
    this.#context.counts.cut.add(reason)
  }

  #gone(): void {
    this.#cancelDeadline()
    this.#cancelMessage?.()
    this.#cancelAcceptance?.()
    this.#cancelPing()
    this.#cancelLinger()
    this.#stall.stop()
    this.#context.closed(this)
  }
}

function messageRate({ ws }: Context): Rate {
  return { perSecond: ws.messagesPerSecond, burst: ws.messagesBurst }
}

function pingRate({ ws }: Context): Rate {
  return { perSecond: ws.pingsPerSecond, burst: 2 * ws.pingsPerSecond }
}

const ping = Buffer.from('\r\n\r\n')
const pong = Buffer.from('\r\n')
const closeCodes = { normal: 1000, policy: 1008, restart: 1012, tryLater: 1013 } as const
const lingerMs = 1000
