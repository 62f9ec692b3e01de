import { EventEmitter, once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { AmiAddress } from '../../selector/domain/media-server.ts'

/** Headers as they go over the wire, in order. */
export type Headers = readonly (readonly [name: string, value: string])[]

/** An action as it was received: lower-case names. */
export type Action = ReadonlyMap<string, string>

/** What a fake answers to an action: text for the wire, or undefined for silence. */
export type Answer = (action: Action) => string | undefined

/** A channel that the fake lists. */
export interface FakeChannel {
  readonly uniqueid: string
  readonly account: string
  /** The conference it is in. */
  readonly conference?: string
}

/** A Manager Interface on loopback that does what a test says; by itself it behaves like an idle Asterisk. */
export class FakeAmi {
  /** Everything that was received, the oldest first. */
  readonly actions: Action[] = []
  /** Replaces the answer to actions of that (lower-case) name. */
  readonly answers = new Map<string, Answer>()
  channels: FakeChannel[] = []
  uptimeSec = 100
  greeting = 'Asterisk Call Manager/9.0.0\r\n'
  readonly #secret: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #told = new EventEmitter()
  #port = 0

  constructor(secret = 'ami-secret') {
    this.#secret = secret
    this.#server = createServer(socket => this.#accept(socket))
  }

  /** Listens on a free port, or on the port it had before. */
  async start(): Promise<void> {
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening')
    const address = this.#server.address()
    if (address && typeof address === 'object') this.#port = address.port
  }

  /** Ends all connections by a reset, as the kernel does for a killed process, and stops listening. */
  async stop(): Promise<void> {
    this.reset()
    if (this.#server.listening) await new Promise(resolve => this.#server.close(resolve))
  }

  get address(): AmiAddress {
    return { host: '127.0.0.1', port: this.#port, username: 'portico', secret: this.#secret }
  }

  get connections(): number {
    return this.#sockets.size
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Writes to every connection, as it is. */
  send(text: string): void {
    for (const socket of this.#sockets) socket.write(text)
  }

  /** Writes to the connection that was accepted first of those that are open. */
  sendToOldest(text: string): void {
    const [oldest] = this.#sockets
    oldest?.write(text)
  }

  event(name: string, headers: Headers = []): void {
    this.send(block([['Event', name], ...headers]))
  }

  join(channel: FakeChannel): void {
    this.channels.push(channel)
    this.event('ConfbridgeJoin', confbridge(channel))
  }

  leave(uniqueid: string): void {
    const channel = this.channels.find(one => one.uniqueid === uniqueid)
    this.channels = this.channels.filter(one => one !== channel)
    if (channel) this.event('ConfbridgeLeave', confbridge(channel))
    this.event('Hangup', [['Uniqueid', uniqueid]])
  }

  /** The next action of that name; received before or not. */
  async received(name: string, times = 1): Promise<Action> {
    for (;;) {
      const found = this.actions.filter(action => action.get('action')?.toLowerCase() === name)
      const last = found[times - 1]
      if (last) return last
      await once(this.#told, 'action')
    }
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    let buffer = ''
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      const blocks = (buffer + chunk).split('\r\n\r\n')
      buffer = blocks.pop() ?? ''
      for (const text of blocks) this.#handle(parse(text), socket)
    })
    socket.write(this.greeting)
  }

  #handle(action: Action, socket: Socket): void {
    this.actions.push(action)
    const name = action.get('action')?.toLowerCase() ?? ''
    const text = (this.answers.get(name) ?? (() => this.#answer(name, action)))(action)
    if (text !== undefined) socket.write(text)
    this.#told.emit('action')
  }

  #answer(name: string, action: Action): string {
    const ok = reply(action, 'Success')
    if (name === 'login') {
      if (action.get('secret') !== this.#secret) return reply(action, 'Error', 'Authentication failed')
      return (
        ok +
        block([
          ['Event', 'FullyBooted'],
          ['Uptime', String(this.uptimeSec)],
        ])
      )
    }
    if (name === 'ping') return reply(action, 'Success', 'Pong')
    if (name === 'coreshowchannels') return this.list(action)
    return reply(action, 'Error', 'Invalid/unknown command')
  }

  /** The answer to `CoreShowChannels`. */
  list(action: Action): string {
    const id = ['ActionID', action.get('actionid') ?? ''] as const
    const rows = this.channels.map(({ uniqueid, account, conference }) =>
      block([
        ['Event', 'CoreShowChannel'],
        id,
        ['Channel', `PJSIP/${uniqueid}`],
        ['Uniqueid', uniqueid],
        ['AccountCode', account],
        ['Application', conference === undefined ? 'Wait' : 'ConfBridge'],
        ['ApplicationData', conference === undefined ? '5' : `${conference},callcentre,agent`],
      ]),
    )
    const end = block([['Event', 'CoreShowChannelsComplete'], id, ['ListItems', String(rows.length)]])
    return reply(action, 'Success', 'Channels will follow') + rows.join('') + end
  }
}

/** A response with the ActionID of its action. */
export function reply(action: Action, response: string, message = ''): string {
  return block([
    ['Response', response],
    ['ActionID', action.get('actionid') ?? ''],
    ['Message', message],
  ])
}

/** One message. */
export function block(headers: Headers): string {
  return `${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

function confbridge({ uniqueid, account, conference = '' }: FakeChannel): Headers {
  return [
    ['Conference', conference],
    ['Uniqueid', uniqueid],
    ['AccountCode', account],
  ]
}

function parse(text: string): Action {
  const pairs = text.split('\r\n').map(line => line.split(/: ?(.*)/s))
  return new Map(pairs.map(([name = '', value = '']) => [name.toLowerCase(), value]))
}
