import { createEngine } from '../../engine/engine.ts'
import { randomHex } from '../../engine/random.ts'
import { systemClock } from '../../runtime/clock.ts'
import { PorticoError } from '../../runtime/errors.ts'
import { silentLog } from '../../runtime/log.ts'
import { browserOffer, isUp, UserAgent, type Account, type Final, type UpCall } from './user-agent.ts'
import { WsClient } from './ws-client.ts'

export interface SyntheticAgentOptions {
  /** `wss://host:port/path`. */
  readonly url: string
  readonly origin: string
  readonly ca?: string
  readonly agent: string
  readonly domain: string
  readonly account: Account
}

/** An agent's phone on a WebSocket of its own, without a microphone. */
export class SyntheticAgent {
  readonly userAgent: UserAgent
  readonly #connection: WsClient
  readonly #engine: ReturnType<typeof createEngine>
  readonly #aor: string
  readonly #target: string

  constructor({ agent, domain, account, ...connection }: SyntheticAgentOptions) {
    this.#connection = new WsClient({ ...connection, connectMs: 5_000 })
    const transports = this.#connection
    this.#engine = createEngine({ transports, clock: systemClock, random: randomHex, log: silentLog })
    this.userAgent = new UserAgent(this.#engine, account)
    this.#aor = `sip:${agent}@${domain}`
    this.#target = `sip:conference@${domain}`
  }

  /** Connects. Rejects with `E_LISTEN` when the door does not let it in. */
  async start(): Promise<void> {
    await this.#engine.start()
  }

  /** Loses its connection and opens another one, to the same door or to another. Its calls know nothing of it. */
  async reconnect(url: string): Promise<void> {
    await this.#connection.reopen(url)
  }

  async stop(): Promise<void> {
    await this.#engine.stop()
  }

  /** Registers for `expires` seconds. Resolves to the final status. */
  async register(expires = 300): Promise<number> {
    const final = await this.userAgent.request({
      method: 'REGISTER',
      uri: `sip:${this.#aor.split('@')[1]}`,
      headers: [
        ...this.#parties(this.#aor),
        ['Contact', `<sip:${randomHex(4)}@agent.invalid;transport=ws>`],
        ['Expires', String(expires)],
      ],
    })
    return final.status
  }

  /** Calls into the conference; throws `E_LISTEN` with the status when it is refused. */
  async join(sdp?: string): Promise<UpCall> {
    return up(await this.tryToJoin(sdp))
  }

  tryToJoin(sdp = browserOffer()): Promise<UpCall | Final> {
    return this.userAgent.call({ uri: this.#target, headers: this.#parties(this.#target) }, sdp)
  }

  /** Calls another agent; throws as `join` does. */
  async consult(other: string): Promise<UpCall> {
    const uri = `sip:${other}@${this.#aor.split('@')[1]}`
    return up(await this.userAgent.call({ uri, headers: this.#parties(uri) }, browserOffer()))
  }

  #parties(to: string): (readonly [string, string])[] {
    return [
      ['From', `<${this.#aor}>;tag=${randomHex(8)}`],
      ['To', `<${to}>`],
    ]
  }
}

function up(outcome: UpCall | Final): UpCall {
  if (isUp(outcome)) return outcome
  const { status, response } = outcome
  throw new PorticoError('E_LISTEN', `the agent's INVITE was answered ${status} ${response.reason}`)
}
