import { messageOf } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Order, OrderOutcome, Store } from '../../../selector/store/store.ts'
import type { CallSession } from '../call-session.ts'
import type { Calls } from '../calls.ts'
import { isReplaced, type Replaces } from './replaces.ts'

export interface TalksParts {
  readonly calls: Pick<Calls, 'byId' | 'consultationOf'>
  /** The talks of all doors, and the doors themselves. */
  readonly store: Pick<Store, 'sessions' | 'orders'>
  readonly log: Log
}

/** A talk that is up. */
export type Talk =
  | {
      readonly kind: 'agent'
      /** Who is talked to. */
      readonly to: string
      /** Those whom it was about have come: whoever began it leaves. */
      readonly end: () => void
    }
  | { readonly kind: 'number'; readonly session: CallSession }

/** What doors say to each other of a talk. */
export type TalkWord = Extract<Order, { kind: 'consulted' | 'replaced' }>

/**
 * Calls in which an agent consults another one, or a number. The agent whose conference is at one door may have called the other one through another
 * door, to which its connection is now.
 */
export class Talks {
  readonly #parts: TalksParts

  constructor(parts: TalksParts) {
    this.#parts = parts
  }

  /** The talk of an agent that is up in that dialog, at whichever door; undefined when there is none. */
  async find(agent: string, dialog: Replaces): Promise<Talk | undefined> {
    const here = this.#parts.calls.consultationOf(agent)
    if (here && isUpIn(here, dialog)) return talkOf(here)
    return await this.#elsewhere(agent, dialog)
  }

  /** Another door asks for a talk that may be here, or ends it; undefined when it is not here. */
  order(order: TalkWord): OrderOutcome | undefined {
    const session = this.#parts.calls.byId(order.call)
    if (!session) return undefined
    if (session.call.by !== order.by || (order.kind === 'consulted' && !isUpIn(session, order)))
      return { kind: 'refused', reason: 'gone' }
    if (order.kind === 'replaced') session.handle({ kind: 'replaced' })
    return { kind: 'done', calls: [order.call] }
  }

  async #elsewhere(by: string, { callId, tags }: Replaces): Promise<Talk | undefined> {
    const { calls, store, log } = this.#parts
    try {
      const talks = (await store.sessions.list()).filter(
        talk => talk.kind === 'consult' && talk.by === by && talk.state === 'up' && !calls.byId(talk.id),
      )
      for (const { id: call, agent: to = '' } of talks) {
        const outcome = await store.orders.give({ kind: 'consulted', call, by, callId, tags })
        if (outcome?.kind === 'done') return { kind: 'agent', to, end: () => this.#end(call, by) }
      }
    } catch (cause) {
      log.warn('transfer.other-doors-not-asked', { agent: by, cause: messageOf(cause) })
    }
    return undefined
  }

  #end(call: string, by: string): void {
    const { store, log } = this.#parts
    store.orders.give({ kind: 'replaced', call, by }).catch((cause: unknown) => {
      log.warn('transfer.not-told', { call, cause: messageOf(cause) })
    })
  }
}

function talkOf(session: CallSession): Talk {
  const { kind, agent: to } = session.call
  if (kind === 'consult-out') return { kind: 'number', session }
  return { kind: 'agent', to, end: () => session.handle({ kind: 'replaced' }) }
}

function isUpIn({ call, state }: CallSession, dialog: Replaces): boolean {
  return state.kind === 'up' && isReplaced(call.dialog, dialog)
}
