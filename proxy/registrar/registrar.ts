import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Binding } from '../../selector/store/store.ts'
import type { Bindings } from '../ports.ts'
import { orderOf, wishesOf, type Wish } from './contacts.ts'
import { isAddressedTo } from './identity.ts'

/** The final response to a REGISTER. */
export interface Registered {
  readonly status: number
  readonly headers: readonly HeaderLine[]
}

export interface RegistrarOptions {
  readonly bindings: Bindings
  readonly clock: Clock
  /** The name under which this door writes its bindings. */
  readonly door: string
  /** Domain of the agents' addresses of record. */
  readonly domain: string
  /** Shortest and longest registration that is granted, in seconds. */
  readonly minSec: number
  readonly maxSec: number
  /** How many contacts one agent may have. */
  readonly maxContacts: number
  /** A number in [0, 1): spreads the refreshes of agents who registered together. */
  readonly chance: () => number
}

/** The registrar of RFC 3261 §10.3 and RFC 5626 §6, for an agent whose identity is proven. */
export interface Registrar {
  /** No registration lasts beyond `until` (wall-clock milliseconds), when the agent's credentials end. */
  register(agent: string, flow: string, request: SipRequest, until?: number): Promise<Registered>
  /** Forgets every binding of the agent over a connection that closed. */
  flowClosed(agent: string, flow: string): Promise<void>
}

export function createRegistrar(options: RegistrarOptions): Registrar {
  const { bindings, clock, door, domain, minSec, maxSec, maxContacts, chance } = options

  async function register(
    agent: string,
    flow: string,
    request: SipRequest,
    until = Infinity,
  ): Promise<Registered> {
    if (!isAddressedTo(request, agent, domain)) return refused(403)
    const wishes = wishesOf(request, maxSec)
    if (wishes === undefined) return refused(400)
    const current = await bindings.of(agent)
    const order = orderOf(request)
    // RFC 3261 §10.3 step 7: what was overtaken by a newer REGISTER of the same phone changes nothing.
    if (current.some(({ callId, cseq }) => callId === order.callId && cseq >= order.cseq)) return refused(500)
    if (wishes === 'all') {
      for (const { contact } of current) await bindings.remove(agent, contact)
      return { status: 200, headers: [] }
    }
    if (wishes.some(({ expires }) => expires > 0 && expires < minSec))
      return { status: 423, headers: [['Min-Expires', String(minSec)]] }
    if (!fits(current, wishes)) return refused(403)
    for (const wish of wishes) {
      for (const { contact } of replacedBy(wish, current)) await bindings.remove(agent, contact)
      if (wish.expires === 0) await bindings.remove(agent, wish.uri)
      else await bindings.put({ agent, flow, door, ...order, ...bindingOf(wish, until) })
    }
    return { status: 200, headers: await answerLines(agent, wishes) }
  }

  function fits(current: readonly Binding[], wishes: readonly Wish[]): boolean {
    const wanted = wishes.filter(({ expires }) => expires > 0)
    const kept = current.filter(
      known => !wishes.some(wish => wish.uri === known.contact || isSameFlow(wish, known)),
    )
    return kept.length + wanted.length <= maxContacts
  }

  function bindingOf({ uri, expires, outbound }: Wish, until: number) {
    const granted = Math.min(expires, maxSec)
    // Agents who registered together after an outage shall not all come back in the same second.
    const spread = Math.max(minSec, granted - Math.floor(chance() * granted * jitter))
    return { contact: uri, expiresAt: Math.min(clock.wall() + spread * 1000, until), ...outbound }
  }

  async function answerLines(agent: string, wishes: readonly Wish[]): Promise<readonly HeaderLine[]> {
    const now = clock.wall()
    const contacts = (await bindings.of(agent)).map((binding): HeaderLine => {
      const left = Math.max(0, Math.round((binding.expiresAt - now) / 1000))
      return ['Contact', `<${binding.contact}>;expires=${left}${flowParams(binding)}`]
    })
    // RFC 5626 §6: tells the phone that its connection is what it is reached over.
    const outbound = wishes.some(wish => wish.outbound !== undefined && wish.expires > 0)
    return outbound ? [...contacts, ['Require', 'outbound']] : contacts
  }

  async function flowClosed(agent: string, flow: string): Promise<void> {
    for (const binding of await bindings.of(agent))
      if (binding.flow === flow && binding.door === door) await bindings.remove(agent, binding.contact)
  }

  return { register, flowClosed }
}

const jitter = 0.1

/** RFC 5626 §6: the same phone on the same of its connections, under another Contact. */
function replacedBy(wish: Wish, current: readonly Binding[]): readonly Binding[] {
  return current.filter(known => known.contact !== wish.uri && isSameFlow(wish, known))
}

function isSameFlow({ outbound }: Wish, known: Binding): boolean {
  return outbound !== undefined && outbound.instance === known.instance && outbound.regId === known.regId
}

function flowParams({ instance, regId }: Binding): string {
  return instance === undefined || regId === undefined ? '' : `;+sip.instance="<${instance}>";reg-id=${regId}`
}

function refused(status: number): Registered {
  return { status, headers: [] }
}
