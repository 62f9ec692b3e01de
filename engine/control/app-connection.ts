import type { Socket } from 'node:net'
import { systemClock } from '../../runtime/clock.ts'
import type { App } from './book.ts'
import { frame, FrameReader } from './framing.ts'

/** What a connection needs from the port that accepted it. */
export interface AppConnectionOptions {
  readonly name: string
  readonly socket: Socket
  readonly frameBytes: number
  readonly outboxBytes: number
  readonly receive: (app: AppConnection, payload: Buffer) => void
  /** Called once, when nothing more can be sent or received. `why` is absent when the application hung up. */
  readonly gone: (app: AppConnection, why: string | undefined) => void
}

/** The connection of one application: frames in, frames out. */
export class AppConnection implements App {
  readonly name: string
  authenticated = false
  tags: readonly string[] = []
  #alive = true
  /** Frames wait for the end of the pause. */
  #pausing = false
  #wroteAt = -Infinity
  readonly #options: AppConnectionOptions

  constructor(options: AppConnectionOptions) {
    this.name = options.name
    this.#options = options
    const { socket } = options
    const reader = new FrameReader(options.frameBytes)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    socket.on('data', chunk => this.#read(reader, chunk))
    socket.on('error', cause => this.end(cause.message))
    socket.on('close', () => this.end())
  }

  get alive(): boolean {
    return this.#alive
  }

  /**
   * Sends one frame: at once when little goes on. What follows waits for the end of this turn of the event loop, and when much goes on
   * for a millisecond, to go out together: a write per frame costs a third of the processor time under load.
   */
  send(leader: string, message?: Buffer): void {
    if (!this.#alive) return
    const { socket, outboxBytes } = this.#options
    socket.write(frame(leader, message))
    if (socket.writableLength > outboxBytes) return this.end('does not read')
    if (!this.#pausing) this.#pause()
  }

  #pause(): void {
    const { socket } = this.#options
    // The machine's own clock: this paces a socket, and decides nothing.
    const now = systemClock.now()
    const isBusy = now - this.#wroteAt < busyMs
    this.#pausing = true
    this.#wroteAt = now
    socket.cork()
    if (isBusy) systemClock.after(busyMs, () => this.#flush())
    else setImmediate(() => this.#flush())
  }

  #flush(): void {
    const { socket } = this.#options
    const hasMore = socket.writableLength > 0
    this.#pausing = false
    socket.uncork()
    // What goes out now is a write like any other: the next frame is in the same hurry as this one.
    if (hasMore && this.#alive) this.#pause()
  }

  /** Sends what waits and hangs up; nothing is received any more. */
  end(why?: string): void {
    if (!this.#alive) return
    this.#alive = false
    const { socket, gone } = this.#options
    if (why === 'does not read') socket.destroy()
    else socket.end(() => socket.destroy())
    gone(this, why)
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    if (!this.#alive) return
    const { payloads, fault } = reader.push(chunk)
    for (const payload of payloads) {
      if (!this.#alive) return
      this.#options.receive(this, payload)
    }
    if (fault !== undefined) this.end(fault)
  }
}

const busyMs = 1
