import { answerTo, headerOf, methodOf, readSip, type SipText } from '../support/sip-text.ts'
import type { Chance } from './chance.ts'
import type { Packet, RawReceiver, SimNetwork } from './network.ts'

/** One phone behind the proxy, for one INVITE. */
interface Branch {
  readonly tag: string
  /** What it has said last; the 2xx is said again until its ACK. */
  isAcknowledged: boolean
}

interface Fork {
  readonly invite: SipText
  readonly from: string
  readonly branches: Branch[]
  state: 'ringing' | 'answered' | 'cancelled'
}

/** A proxy with several phones behind it, all of which ring, and more than one of which may answer (RFC 3261 §16.7). */
export class Forker implements RawReceiver {
  readonly #network: SimNetwork
  readonly #chance: Chance
  readonly #address: string
  readonly #forks = new Map<string, Fork>()

  constructor(network: SimNetwork, chance: Chance, address: string) {
    this.#network = network
    this.#chance = chance
    this.#address = address
  }

  receive({ from, text }: Packet): void {
    const message = readSip(text)
    const key = `${headerOf(message, 'call-id')} ${headerOf(message, 'cseq').split(' ')[0]}`
    const fork = this.#forks.get(key)
    switch (methodOf(message)) {
      case 'INVITE':
        if (fork === undefined) this.#invited(key, message, from)
        return
      case 'ACK':
        return this.#acknowledged(fork, headerOf(message, 'to'))
      case 'CANCEL':
        return this.#cancelled(fork, message, from)
      case undefined:
        return
      default:
        this.#say(from, answerTo(message, 200))
    }
  }

  #invited(key: string, invite: SipText, from: string): void {
    const tags = ['left', 'right', 'third'].slice(0, this.#chance.whole(1, 3))
    const branches = tags.map(tag => ({ tag, isAcknowledged: false }))
    const fork: Fork = { invite, from, branches, state: 'ringing' }
    this.#forks.set(key, fork)
    this.#say(from, answerTo(invite, 100))
    // A re-INVITE reaches the one phone that its tag means.
    if (/;tag=/.test(headerOf(invite, 'to'))) {
      fork.state = 'answered'
      return this.#say(from, answerTo(invite, 488))
    }
    const ringMs = this.#chance.between(100, 4000)
    for (const branch of branches) {
      this.#later(this.#chance.between(0, 500), () => {
        if (fork.state === 'ringing') this.#say(from, answerTo(invite, 180, { tag: branch.tag }))
      })
      // They answer so close together that the proxy cannot cancel the others in time.
      this.#later(ringMs + this.#chance.between(0, 300), () => {
        if (fork.state === 'cancelled') return
        fork.state = 'answered'
        this.#answer(fork, branch, 500, 0)
      })
    }
  }

  #answer(fork: Fork, branch: Branch, pauseMs: number, passedMs: number): void {
    if (branch.isAcknowledged || passedMs > 32_000) return
    const contact = ['Contact', `<sip:${branch.tag}@${this.#address}>`] as const
    this.#say(fork.from, answerTo(fork.invite, 200, { tag: branch.tag, headers: [contact] }))
    this.#later(pauseMs, () => this.#answer(fork, branch, Math.min(2 * pauseMs, 4000), passedMs + pauseMs))
  }

  #acknowledged(fork: Fork | undefined, to: string): void {
    for (const branch of fork?.branches ?? []) {
      if (to.endsWith(`;tag=${branch.tag}`)) branch.isAcknowledged = true
    }
  }

  #cancelled(fork: Fork | undefined, cancel: SipText, from: string): void {
    this.#say(from, answerTo(cancel, fork === undefined ? 481 : 200))
    if (fork === undefined || fork.state === 'answered') return
    fork.state = 'cancelled'
    this.#say(from, answerTo(fork.invite, 487))
  }

  #say(to: string, text: string): void {
    this.#network.datagram(this.#address, 5060, to, Buffer.from(text, 'latin1'))
  }

  #later(ms: number, task: () => void): void {
    this.#network.time.after(ms, task)
  }
}
