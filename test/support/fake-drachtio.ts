import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { frame, FrameReader } from '../../engine/control/framing.ts'
import { Mailbox } from './mailbox.ts'

/** What the application under test said, by message type. */
export interface Said {
  readonly kind: string
  readonly id: string
  readonly fields: readonly string[]
  readonly text: string
}

/** A drachtio-server that does only what a test tells it; it accepts every secret and every route by itself. */
export class FakeDrachtio {
  readonly said = new Mailbox<Said>()
  readonly #server: Server
  readonly #hostports: string
  #socket: Socket | undefined

  private constructor(hostports: string) {
    this.#hostports = hostports
    this.#server = createServer(socket => this.#accept(socket))
  }

  static async open(hostports = 'udp/10.0.0.4:5060,ws/127.0.0.1:8088'): Promise<FakeDrachtio> {
    const server = new FakeDrachtio(hostports)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    const address = this.#server.address()
    return address === null || typeof address === 'string' ? 0 : address.port
  }

  /** Sends a frame; `leader` begins after the message id. */
  say(leader: string, text?: string): void {
    this.#socket?.write(frame(`s|${leader}`, text === undefined ? undefined : Buffer.from(text)))
  }

  /** Says that the request was sent, in `transaction`. */
  sent({ id, text }: Said, transaction: string): void {
    this.say(
      `response|${id}|OK|application|1|udp|10.0.0.4|5060|12:00:00.000000|${transaction}|Msg sent:|`,
      complete(text),
    )
  }

  /** Delivers a response of a peer. */
  response(transaction: string, dialog: string, text: string): void {
    this.say(`sip|network|1|udp|192.0.2.9|5060|12:00:00.000000|${transaction}|${dialog}|`, complete(text))
  }

  /** Delivers a request of a peer. */
  request(transaction: string, dialog: string, text: string): void {
    this.say(
      `sip|network|1|udp|192.0.2.9|5060|12:00:00.000000|${transaction}|${dialog}|10.0.0.4|5060|`,
      complete(text),
    )
  }

  cut(): void {
    this.#socket?.destroy()
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    this.#socket = socket
    socket.setNoDelay(true)
    const reader = new FrameReader(1_000_000)
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      for (const payload of reader.push(chunk).payloads) this.#heard(payload.toString())
    })
  }

  #heard(payload: string): void {
    const end = payload.indexOf('\r\n')
    const fields = (end < 0 ? payload : payload.slice(0, end)).split('|')
    const [id = '', kind = ''] = fields
    if (kind === 'authenticate') this.say(`response|${id}|OK|${this.#hostports}|v0.9.5|${this.#hostports}`)
    if (kind === 'route') this.say(`response|${id}|OK`)
    this.said.put({ kind, id, fields, text: end < 0 ? '' : payload.slice(end + 2) })
  }
}

/** The lines that every SIP message has, added to what a test gives. */
function complete(text: string): string {
  const [start = '', ...rest] = text.split('\r\n')
  const method = start.startsWith('SIP/2.0') ? 'INVITE' : (start.split(' ')[0] ?? '')
  const wanted = {
    Via: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa',
    From: '<sip:a@h>;tag=f',
    To: '<sip:b@h>;tag=t',
    'Call-ID': 'call',
    CSeq: `1 ${method}`,
    'Content-Length': '0',
  }
  const lines = rest.filter(line => line !== '' && !/^content-length:/i.test(line))
  const missing = Object.entries(wanted).filter(([name]) => !lines.some(line => startsWith(line, name)))
  return [start, ...lines, ...missing.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
}

function startsWith(line: string, name: string): boolean {
  return line.toLowerCase().startsWith(`${name.toLowerCase()}:`)
}
