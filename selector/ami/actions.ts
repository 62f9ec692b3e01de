import type { Clock } from '../../runtime/clock.ts'
import { PorticoError } from '../../runtime/errors.ts'
import type { Part } from '../../runtime/lifecycle.ts'
import type { MediaServer } from '../domain/media-server.ts'
import { ActionSession } from './action-session.ts'
import type { AmiFields } from './message.ts'
import {
  callId,
  checked,
  conferenceOf,
  originateFields,
  ringFields,
  type OriginateOrder,
  type RingOrder,
} from './originate.ts'

/** One leg in a conference, as that Asterisk itself tells. */
export interface ConferenceMember {
  readonly role: 'agent' | 'client' | 'other'
  /** Our id of its call; empty when it is not one of ours. */
  readonly call: string
}

/** What became of a call that was to be made. */
export type OriginateOutcome =
  /** The far side answered and joins the conference. */
  | { readonly kind: 'answered' }
  /** A channel of that call lives already: the order was given before. */
  | { readonly kind: 'already' }
  /** `cause`: Q.850, 0 when no channel was made; `status`: the final SIP status, where Asterisk tells it. */
  | { readonly kind: 'failed'; readonly cause: number; readonly status?: number }

/**
 * What is asked of media servers beside counting. Every action rejects with `E_AMI_REFUSED` (by Asterisk, or by us
 * because a part of it could mean more than it says), `E_AMI_LOGIN`, `E_AMI_CLOSED` or `E_AMI_TIMEOUT`.
 */
export interface AmiActions extends Part {
  /**
   * Calls out. Resolves when the far side has answered or will not; the same order again joins the first one. `onTaken` is called
   * when Asterisk has taken the order.
   */
  originate(server: MediaServer, order: OriginateOrder, onTaken?: () => void): Promise<OriginateOutcome>
  /** Calls an agent into its conference, the same way. */
  ring(server: MediaServer, order: RingOrder): Promise<OriginateOutcome>
  /** Hangs up every channel of a call, ringing or answered. Resolves to how many there were. */
  hangup(server: MediaServer, call: string): Promise<number>
  /** Sends the clients out of an agent's conference; the agent stays. False when there was nobody to send out. */
  kickClients(server: MediaServer, agent: string): Promise<boolean>
  /** Who is in a conference now. Empty when there is no such conference. */
  members(server: MediaServer, conference: string): Promise<readonly ConferenceMember[]>
}

/** What actions need. */
export interface AmiActionsOptions {
  readonly clock: Clock
  /** How long a connection outlives its last action; default: a minute. */
  readonly idleMs?: number
}

/** Actions over Manager connections that are opened when needed and closed when nobody needs them any more. */
export function createAmiActions({ clock, idleMs = 60_000 }: AmiActionsOptions): AmiActions {
  const sessions = new Map<string, ActionSession>()
  const dialling = new Map<string, Promise<OriginateOutcome>>()

  function on<T>(server: MediaServer, work: (session: ActionSession) => Promise<T>): Promise<T> {
    const key = `${server.id} ${JSON.stringify(server.ami)}`
    const session = sessions.get(key) ?? new ActionSession(server, clock, idleMs, () => sessions.delete(key))
    sessions.set(key, session)
    return session.use(() => work(session))
  }

  async function dial(
    server: MediaServer,
    order: Pick<OriginateOrder, 'call' | 'ringMs'>,
    fields: AmiFields,
    onTaken: () => void,
  ): Promise<OriginateOutcome> {
    const key = `${server.id} ${order.call}`
    const running = dialling.get(key)
    if (running) {
      onTaken()
      return running
    }
    const outcome = on(server, session => session.originate(order, fields, onTaken)).finally(() =>
      dialling.delete(key),
    )
    dialling.set(key, outcome)
    return outcome
  }

  return {
    name: 'ami actions',
    start: async () => undefined,
    async stop() {
      for (const session of sessions.values()) session.close()
    },
    originate: async (server, order, onTaken = () => undefined) =>
      dial(server, order, originateFields(order), onTaken),
    ring: async (server, order) => dial(server, order, ringFields(order), () => undefined),
    async hangup(server, call) {
      const account = new RegExp(`^(agent|client):${checked('call', call, callId)}$`)
      return on(server, async session => {
        const channels = (await session.channels()).filter(one => account.test(one.get('accountcode') ?? ''))
        const ended = channels.map(async one => hangUp(session, one.get('channel') ?? ''))
        return (await Promise.all(ended)).filter(Boolean).length
      })
    },
    async kickClients(server, agent) {
      const conference = conferenceOf(agent)
      const action = { action: 'ConfbridgeKick', conference, channel: 'participants' }
      return on(server, session => unlessAbsent(async () => (await session.action(action), true), false))
    },
    async members(server, conference) {
      return on(server, session => membersOf(session, conference))
    },
  }
}

/** A channel that went by itself meanwhile is no error. */
function hangUp(session: ActionSession, channel: string): Promise<boolean> {
  // Cause 16: normal clearing (Q.850).
  const action = { action: 'Hangup', channel, cause: '16' }
  return unlessAbsent(async () => (await session.action(action), true), false)
}

async function membersOf(session: ActionSession, conference: string): Promise<readonly ConferenceMember[]> {
  const list = { action: 'ConfbridgeList', conference }
  const members = await unlessAbsent(() => session.list(list, 'ConfbridgeListComplete'), [])
  if (members.length === 0) return []
  const channels = await session.channels()
  const accounts = new Map(channels.map(one => [one.get('channel') ?? '', one.get('accountcode') ?? '']))
  return members.map(member => memberOf(accounts.get(member.get('channel') ?? '') ?? ''))
}

function memberOf(account: string): ConferenceMember {
  const [role = '', call = ''] = account.split(':')
  return role === 'agent' || role === 'client' ? { role, call } : { role: 'other', call: '' }
}

/** Asterisk answers for a channel or conference that does not exist with an error, not with an empty list. */
async function unlessAbsent<T>(work: () => Promise<T>, absent: T): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const isAbsent =
      cause instanceof PorticoError && /\bNo (such|active|conference|channel)\b/i.test(cause.message)
    if (cause instanceof PorticoError && cause.code === 'E_AMI_REFUSED' && isAbsent) return absent
    throw cause
  }
}
