import type { Socket } from 'node:net'
import type { Source, Transport } from '../api.ts'
import { failLater, type Connection, type Context, type Failed } from './context.ts'
import { codeOf, plainAddress } from './listener-address.ts'
import { StallWatch } from './stall.ts'
import { createFramer, type Framed, type Framer } from './stream-framing.ts'

/** A TCP or TLS connection, and who opened it. */
export interface StreamOptions {
  readonly socket: Socket
  readonly transport: Transport
  readonly listener: string
  /** Known before the connection is, when it is ours. */
  readonly peer?: { readonly address: string; readonly port: number }
  readonly verifiedName?: string
}

/** Takes over a socket: frames what comes in and sends what goes out until it is closed. */
export function streamConnection(options: StreamOptions, context: Context): Connection {
  return new StreamConnection(options, context)
}

class StreamConnection implements Connection {
  readonly flow: string
  readonly source: Source
  readonly verifiedName?: string
  readonly #socket: Socket
  readonly #context: Context
  readonly #framer: Framer
  readonly #stall: StallWatch
  /** Until the connection is open, or has brought its first message. */
  #cancelDeadline: () => void
  /** Until the message that has begun must have ended. */
  #cancelMessage: (() => void) | undefined
  /** Why it was cut, or what the socket complained of. */
  #reason: string | undefined

  constructor(options: StreamOptions, context: Context) {
    const { socket, transport, listener, peer } = options
    this.flow = context.nextFlow()
    this.#socket = socket
    this.#context = context
    this.#framer = createFramer({ message: context.limits.messageBytes })
    this.#stall = new StallWatch(
      { queued: () => this.queued(), onStalled: () => this.#cut('stalled') },
      context.limits.stallMs,
      context.clock,
    )
    if (options.verifiedName !== undefined) this.verifiedName = options.verifiedName
    const address = peer?.address ?? plainAddress(socket.remoteAddress)
    const port = peer?.port ?? socket.remotePort ?? 0
    this.source = { transport, address, port, flow: this.flow, listener }
    this.#cancelDeadline = peer === undefined ? this.#firstMessageDeadline() : this.#connectDeadline()
    this.#listen()
    context.opened(this)
  }

  isOpen(): boolean {
    return this.#socket.writable
  }

  queued(): number {
    return this.#socket.writableLength
  }

  send(bytes: Buffer, failed: Failed): void {
    if (!this.isOpen()) {
      failLater(failed, 'flow-closed')
      return
    }
    if (this.#socket.writableLength + bytes.length > this.#context.limits.queueBytes) {
      failLater(failed, 'slow-consumer')
      this.#cut('slow-consumer')
      return
    }
    this.#socket.write(bytes, cause => {
      if (cause === null || cause === undefined) this.#stall.moved()
      else failed(this.#reason ?? codeOf(cause))
    })
    this.#stall.given()
  }

  /** What is on its way still goes out, but not for long. */
  close(): void {
    this.#socket.setTimeout(lingerMs)
    this.#socket.destroySoon()
  }

  shutDown(): void {
    this.close()
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('data', chunk => this.#take(chunk))
    socket.on('error', cause => (this.#reason ??= codeOf(cause)))
    socket.on('close', () => this.#gone())
    socket.setTimeout(this.#context.limits.idleMs, () => this.#cut('idle'))
  }

  #take(chunk: Buffer): void {
    // It is being closed: whatever still comes is not heard.
    if (this.#reason !== undefined) return
    const framed = this.#framer.push(chunk)
    const { messages, keepAlives, fault } = framed
    if (keepAlives > 0) this.send(Buffer.from('\r\n'.repeat(keepAlives)), () => undefined)
    if (messages.length > 0) this.#cancelDeadline()
    this.#awaitRest(messages.length > 0)
    for (const bytes of messages) {
      if (this.#socket.destroyed) return
      this.#context.receive({ kind: 'message', bytes, source: this.source })
    }
    if (fault !== undefined) this.#refuse(framed, fault)
  }

  /** A message may come in pieces, but not for ever. */
  #awaitRest(hasEnded: boolean): void {
    const { isMidway } = this.#framer
    if (hasEnded || !isMidway) {
      this.#cancelMessage?.()
      this.#cancelMessage = undefined
    }
    if (!isMidway || this.#cancelMessage !== undefined) return
    const { clock, limits } = this.#context
    this.#cancelMessage = clock.after(limits.messageMs, () => this.#cut('message-too-slow'))
  }

  /** Nothing behind a fault can be trusted, but its message may still be told so. */
  #refuse({ broken }: Framed, fault: string): void {
    if (broken === undefined || this.#socket.destroyed) return this.#cut(fault)
    this.#context.receive({ kind: 'message', bytes: broken, source: this.source, fault })
    this.#note(fault)
    this.close()
  }

  #cut(reason: string): void {
    if (this.#socket.destroyed) return
    this.#note(reason)
    this.#socket.destroy()
  }

  #note(reason: string): void {
    const { transport, address, port, listener } = this.source
    this.#context.log.info('transport.cut', { transport, address, port, listener, reason })
    this.#context.counts.cut.add(reason)
    this.#reason ??= reason
  }

  #gone(): void {
    this.#cancelDeadline()
    this.#cancelMessage?.()
    this.#stall.stop()
    this.#context.closed(this)
  }

  #firstMessageDeadline(): () => void {
    const { clock, limits } = this.#context
    return clock.after(limits.firstMessageMs, () => this.#cut('silent'))
  }

  #connectDeadline(): () => void {
    const { clock, limits } = this.#context
    const cancel = clock.after(limits.connectMs, () => this.#cut('connect-timeout'))
    this.#socket.once(this.source.transport === 'tls' ? 'secureConnect' : 'connect', cancel)
    return cancel
  }
}

const lingerMs = 2000
