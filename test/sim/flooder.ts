import { writeSip } from '../support/sip-text.ts'
import type { Chance } from './chance.ts'
import type { Packet, RawReceiver, SimNetwork } from './network.ts'

/** A peer that we know and that has gone mad: bursts of requests that are never acknowledged, some of them by two ways. */
export class Flooder implements RawReceiver {
  readonly #network: SimNetwork
  readonly #chance: Chance
  readonly #address: string
  #count = 0

  constructor(network: SimNetwork, chance: Chance, address: string) {
    this.#network = network
    this.#chance = chance
    this.#address = address
  }

  /** Sends a burst to `target`, spread over a second. */
  burst(target: string): void {
    const method = this.#chance.pick(['OPTIONS', 'REGISTER', 'MESSAGE', 'INVITE'])
    const size = method === 'INVITE' ? this.#chance.whole(2, 8) : this.#chance.whole(10, 40)
    for (let sent = 0; sent < size; sent++) {
      const n = ++this.#count
      const ways = this.#chance.is(0.2) ? ['x', 'y'] : ['x']
      for (const way of ways) {
        this.#network.time.after(this.#chance.between(0, 1000), () => this.#send(target, method, n, way))
      }
    }
  }

  receive(_packet: Packet): void {
    // It does not listen.
  }

  #send(target: string, method: string, n: number, way: string): void {
    const text = writeSip(`${method} sip:server1@${target} SIP/2.0`, [
      ['Via', `SIP/2.0/UDP ${this.#address}:5060;branch=z9hG4bKflood${n}${way}`],
      ['Max-Forwards', '70'],
      ['From', `<sip:flooder@sim>;tag=f${n}`],
      ['To', `<sip:server1@${target}>`],
      ['Call-ID', `flood-${n}`],
      ['CSeq', `1 ${method}`],
      ['Contact', `<sip:flooder@${this.#address}>`],
    ])
    this.#network.datagram(this.#address, 5060, target, Buffer.from(text, 'latin1'))
  }
}
