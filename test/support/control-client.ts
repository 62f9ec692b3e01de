import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { frame, FrameReader } from '../../engine/control/framing.ts'

/** One frame as an application receives it. */
export interface Told {
  /** The fields of the leader line. */
  readonly fields: readonly string[]
  /** What follows the leader line. */
  readonly text: string
}

/** A bare application of the control protocol: no drachtio-srf between the test and the wire. */
export class ControlClient {
  readonly socket: Socket
  readonly #told: Told[] = []
  #arrived: (() => void) | undefined
  #count = 0

  private constructor(socket: Socket) {
    this.socket = socket
    const reader = new FrameReader(10_000_000)
    socket.on('data', chunk => {
      for (const payload of reader.push(chunk).payloads) this.#told.push(toldOf(payload.toString()))
      this.#arrived?.()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => this.#arrived?.())
  }

  static async open(port: number): Promise<ControlClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new ControlClient(socket)
  }

  /** An application that has authenticated and routed `verbs`. */
  static async ready(
    port: number,
    secret: string,
    verbs: readonly string[],
    tags = '',
  ): Promise<ControlClient> {
    const client = await ControlClient.open(port)
    await client.ask(`authenticate|${secret}|${tags}`)
    for (const verb of verbs) await client.ask(`route|${verb}`)
    return client
  }

  /** Sends a message with an id of its own, which is returned. */
  say(message: string, text?: string): string {
    this.#count += 1
    const id = `m${this.#count}`
    this.socket.write(frame(`${id}|${message}`, text === undefined ? undefined : Buffer.from(text)))
    return id
  }

  /** Sends a message and waits for its reply. */
  async ask(message: string, text?: string): Promise<Told> {
    const id = this.say(message, text)
    return await this.find(({ fields }) => fields[1] === 'response' && fields[2] === id)
  }

  /** The next frame that is no reply. */
  next(): Promise<Told> {
    return this.find(({ fields }) => fields[1] !== 'response')
  }

  /** Takes the first frame that fits, now or when it comes; rejects when the connection ends before. */
  async find(fits: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const at = this.#told.findIndex(fits)
      const found = this.#told[at]
      if (found) {
        this.#told.splice(at, 1)
        return found
      }
      if (this.socket.closed) throw new Error('the control connection is closed')
      await new Promise<void>(resolve => {
        this.#arrived = resolve
      })
    }
  }

  /** The kinds of all frames that wait, oldest first: `response` or `sip`. */
  waiting(): readonly (string | undefined)[] {
    return this.#told.map(({ fields }) => fields[1])
  }

  async close(): Promise<void> {
    if (this.socket.closed) return
    this.socket.end()
    await once(this.socket, 'close')
  }
}

function toldOf(payload: string): Told {
  const end = payload.indexOf('\r\n')
  const leader = end < 0 ? payload : payload.slice(0, end)
  return { fields: leader.split('|'), text: end < 0 ? '' : payload.slice(end + 2) }
}
