import { writeSip } from '../support/sip-text.ts'
import type { Chance } from './chance.ts'
import type { Packet, RawReceiver, SimNetwork } from './network.ts'
import { strangerMark } from './wire-rules.ts'

/** What the stranger has heard of others' calls: never a tag of both sides. */
export interface Overheard {
  readonly callId: string
  /** The whole first Via of an INVITE. */
  readonly via: string
  readonly cseq: number
}

/** Somebody on the internet who sends whatever might make a host send something to somebody else. */
export class Stranger implements RawReceiver {
  readonly #network: SimNetwork
  readonly #chance: Chance
  readonly #address: string
  readonly #victims: readonly string[]
  #heard: Overheard | undefined
  #count = 0

  constructor(network: SimNetwork, chance: Chance, address: string, victims: readonly string[]) {
    this.#network = network
    this.#chance = chance
    this.#address = address
    this.#victims = victims
  }

  overhear(heard: Overheard): void {
    this.#heard = heard
  }

  /** Sends one thing to `target` now. */
  attack(target: string): void {
    const n = ++this.#count
    const bytes = Buffer.from(this.#chance.is(0.15) ? this.#garbage(n) : this.#message(n), 'latin1')
    this.#network.datagram(this.#address, 5060, target, bytes)
  }

  receive(_packet: Packet): void {
    // What comes back is judged where it was sent.
  }

  #message(n: number): string {
    const chance = this.#chance
    const victim = chance.pick(this.#victims)
    const heard = chance.is(0.4) ? this.#heard : undefined
    const method = chance.pick(heard ? ['BYE', 'CANCEL', 'INVITE', 'ACK', 'INFO'] : methods)
    const sentBy = chance.pick([victim, `${this.#address}:5060`, '255.255.255.255'])
    const params = chance.pick(['', `;received=${victim}`, `;maddr=${victim}`, ';rport=5060', ';ttl=1'])
    const via = `SIP/2.0/UDP ${sentBy};branch=z9hG4bK${strangerMark}${n}${params}`
    const toTag = chance.is(0.3) || heard ? `;tag=${strangerMark}` : ''
    const cseq = `${heard?.cseq ?? n} ${method}`
    return writeSip(`${method} sip:server1@10.0.0.1 SIP/2.0`, [
      ['Via', heard && method === 'CANCEL' ? heard.via : via],
      ...this.#routes(victim),
      ['Max-Forwards', chance.pick(['70', '70', '0'])],
      ['From', `<sip:agent1@sim>;tag=${strangerMark}${n}`],
      ['To', `<sip:server1@10.0.0.1>${toTag}`],
      ['Call-ID', heard?.callId ?? `${strangerMark}-${n}`],
      ['CSeq', cseq],
      ['Contact', `<sip:x@${victim};${strangerMark}>`],
    ])
  }

  #routes(victim: string): readonly (readonly [string, string])[] {
    const names = ['Route', 'Record-Route', 'Path'].filter(() => this.#chance.is(0.25))
    return names.map(name => [name, `<sip:${victim};lr>`])
  }

  /** A message of which something is missing. */
  #garbage(n: number): string {
    const text = this.#message(n)
    const at = this.#chance.whole(0, text.length)
    return this.#chance.is(0.5) ? text.slice(0, at) : `${text.slice(0, at)}\0\r\n${text.slice(at)}`
  }
}

const methods = [
  'INVITE',
  'OPTIONS',
  'REGISTER',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'BYE',
  'ACK',
  'CANCEL',
]
