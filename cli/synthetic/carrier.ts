import { createEngine } from '../../engine/engine.ts'
import { randomHex } from '../../engine/random.ts'
import { createTransports } from '../../engine/transport/transports.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { plainOffer, UserAgent, type Final, type UpCall } from './user-agent.ts'

export interface SyntheticCarrierOptions {
  /** The address to call from. */
  readonly address: string
  readonly transport?: 'udp' | 'tcp'
  /** The door's address for carriers. */
  readonly door: { readonly host: string; readonly port: number }
}

/** A carrier that calls agents, without media. */
export class SyntheticCarrier {
  readonly userAgent: UserAgent
  readonly #engine: ReturnType<typeof createEngine>
  readonly #options: SyntheticCarrierOptions

  constructor(options: SyntheticCarrierOptions) {
    this.#options = options
    const { address, transport = 'udp' } = options
    const listeners = [{ name: 'carrier', transport, host: address, port: 0 }]
    this.#engine = createEngine({
      transports: createTransports({ listeners, log: silentLog }),
      clock: systemClock,
      random: randomHex,
      log: silentLog,
    })
    this.userAgent = new UserAgent(this.#engine)
  }

  async start(): Promise<void> {
    await this.#engine.start()
  }

  async stop(): Promise<void> {
    await this.#engine.stop()
  }

  /** Calls an agent as `+4930123456`. */
  call(agent: string, sdp = plainOffer(this.#options.address, 9)): Promise<UpCall | Final> {
    const { address, transport = 'udp', door } = this.#options
    const uri = `sip:${agent}@${door.host}:${door.port};transport=${transport}`
    const headers = [
      ['From', `"Client" <sip:+4930123456@${address}>`],
      ['To', `<${uri}>`],
    ] as const
    return this.userAgent.call({ uri, headers }, sdp)
  }
}
