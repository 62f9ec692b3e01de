import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Bindings } from '../ports.ts'
import { addresseeOf, wishesOf } from './contacts.ts'

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
  /** Shortest and longest registration that is granted, in seconds. */
  readonly minSec: number
  readonly maxSec: number
  /** How many contacts one agent may have. */
  readonly maxContacts: number
}

/** The registrar of RFC 3261 §10.3, for an agent whose identity is proven. */
export interface Registrar {
  register(agent: string, flow: string, request: SipRequest): Promise<Registered>
  /** Forgets every binding over a connection that closed. */
  flowClosed(flow: string): Promise<void>
}

export function createRegistrar(options: RegistrarOptions): Registrar {
  const { bindings, clock, door, minSec, maxSec, maxContacts } = options
  const overFlow = new Map<string, Map<string, string>>()

  async function register(agent: string, flow: string, request: SipRequest): Promise<Registered> {
    if (addresseeOf(request) !== agent) return refused(403)
    const wish = wishesOf(request, maxSec)
    if (wish === undefined) return refused(400)
    const current = await bindings.of(agent)
    if (wish === 'all') {
      for (const { contact } of current) await forget(agent, contact)
      return { status: 200, headers: [] }
    }
    if (wish.some(({ expires }) => expires > 0 && expires < minSec)) {
      return { status: 423, headers: [['Min-Expires', String(minSec)]] }
    }
    const added = wish.filter(
      ({ uri, expires }) => expires > 0 && !current.some(known => known.contact === uri),
    )
    if (current.length + added.length > maxContacts) return refused(403)
    for (const { uri, expires } of wish) {
      if (expires === 0) await forget(agent, uri)
      else await remember(agent, flow, uri, Math.min(expires, maxSec))
    }
    return { status: 200, headers: await contactLines(agent) }
  }

  async function remember(agent: string, flow: string, contact: string, expires: number): Promise<void> {
    await bindings.put({ agent, contact, flow, door, expiresAt: clock.wall() + expires * 1000 })
    const known = overFlow.get(flow) ?? new Map<string, string>()
    overFlow.set(flow, known.set(contact, agent))
  }

  async function forget(agent: string, contact: string): Promise<void> {
    await bindings.remove(agent, contact)
    for (const contacts of overFlow.values()) contacts.delete(contact)
  }

  async function contactLines(agent: string): Promise<readonly HeaderLine[]> {
    const now = clock.wall()
    return (await bindings.of(agent)).map(({ contact, expiresAt }): HeaderLine => {
      const left = Math.max(0, Math.round((expiresAt - now) / 1000))
      return ['Contact', `<${contact}>;expires=${left}`]
    })
  }

  async function flowClosed(flow: string): Promise<void> {
    const contacts = overFlow.get(flow)
    overFlow.delete(flow)
    for (const [contact, agent] of contacts ?? []) {
      const moved = (await bindings.of(agent)).some(
        binding => binding.contact === contact && binding.flow !== flow,
      )
      if (!moved) await bindings.remove(agent, contact)
    }
  }

  return { register, flowClosed }
}

function refused(status: number): Registered {
  return { status, headers: [] }
}
