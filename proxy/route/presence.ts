import { agentLine, groupLine, serverLine } from '../../selector/domain/queue.ts'
import type { Store } from '../../selector/store/store.ts'
import type { Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Part } from '../../runtime/lifecycle.ts'
import type { Log } from '../../runtime/log.ts'
import type { CallKind, CallLog, LiveCall, Placement } from '../ports.ts'

export interface PresenceOptions {
  readonly store: Pick<Store, 'queues'> & { readonly agents: Pick<Store['agents'], 'get' | 'onChange'> }
  readonly clock: Clock
  readonly log: Log
}

/** Tells the queues which agents are in their conference, and whether a client is with them, or they talk to somebody else. */
export interface Presence extends Part {
  /** The same placement, of whose agents the queues hear. */
  placement(placement: Placement): Placement
  /** The same log, of whose clients the queues hear. */
  callLog(callLog: CallLog): CallLog
}

/** How long an agent is kept for a client whose door no longer says that it is there. */
const clientMs = 60_000
/** The kinds of calls that keep an agent from the next client. */
const withClient: ReadonlySet<CallKind> = new Set(['client', 'dial-out', 'consult', 'consult-out'])

export function createPresence({ store, clock, log }: PresenceOptions): Presence {
  const { queues, agents } = store

  /** Agents of this door that are in their conference. */
  const present = new Map<
    string,
    { readonly call: string; readonly server: string; readonly groups: string }
  >()
  let unsubscribe: (() => void) | undefined

  async function join(agent: string, call: string, server: string): Promise<void> {
    const groups = (await agents.get(agent))?.item.groups ?? []
    present.set(agent, { call, server, groups: groups.join(' ') })
    const lines = [...groups.map(groupLine), serverLine(server), agentLine(agent)]
    await queues.join({ agent, call, server, lines }, clock.wall())
  }

  /** An operator may give a working agent other groups. */
  async function regroup(): Promise<void> {
    for (const [agent, { call, server, groups }] of present) {
      const wanted = (await agents.get(agent))?.item.groups ?? []
      if (wanted.join(' ') !== groups && present.get(agent)?.call === call) await join(agent, call, server)
    }
  }

  function inBackground(what: string, agent: string, work: Promise<void>): void {
    work.catch((cause: unknown) => log.warn(`queue.${what}-failed`, { agent, cause: messageOf(cause) }))
  }

  return {
    name: 'presence',
    async start() {
      unsubscribe = agents.onChange(() => inBackground('regroup', 'all', regroup()))
    },
    stop: async () => unsubscribe?.(),
    placement: placement => ({
      place: order => placement.place(order),
      release: call => placement.release(call),
      whereIs: (agent, token) => placement.whereIs(agent, token),
      result: (server, outcome) => placement.result(server, outcome),
      async settled(order) {
        await Promise.all([placement.settled(order), join(order.agent, order.call, order.server)])
      },
      async left(order) {
        if (present.get(order.agent)?.call === order.call) present.delete(order.agent)
        await Promise.all([placement.left(order), queues.leave(order.agent, order.call)])
      },
    }),
    callLog: withClients(queues, clock, inBackground),
  }
}

/** Tells the queues who has no time for a client, because of which call of this door. */
function withClients(
  queues: Store['queues'],
  clock: Clock,
  inBackground: (what: string, agent: string, work: Promise<void>) => void,
): Presence['callLog'] {
  const busy = new Map<string, readonly string[]>()

  function occupy(agent: string, client: string): void {
    inBackground('occupy', agent, queues.occupy(agent, client, clock.wall(), clientMs))
  }

  function free(agent: string, client: string): void {
    inBackground('free', agent, queues.free(agent, client, clock.wall()))
  }

  function tell(call: LiveCall, before: readonly string[]): void {
    const now = busyIn(call)
    busy.set(call.id, now)
    for (const agent of now) if (!before.includes(agent)) occupy(agent, call.id)
    for (const agent of before) if (!now.includes(agent)) free(agent, call.id)
  }

  return callLog => ({
    began(call) {
      callLog.began(call)
      if (withClient.has(call.kind)) tell(call, [])
    },
    changed(call) {
      callLog.changed(call)
      const before = busy.get(call.id)
      if (before) tell(call, before)
    },
    over(record, measured) {
      callLog.over(record, measured)
      for (const agent of busy.get(record.id) ?? []) free(agent, record.id)
      busy.delete(record.id)
    },
  })
}

/** Which agents have no time for another client meanwhile: one who consults another talks in that one's conference. */
function busyIn({ kind, agent, by }: LiveCall): readonly string[] {
  const insider = kind === 'consult-out' ? undefined : agent
  const asker = kind === 'consult' || kind === 'consult-out' ? by : undefined
  return [insider, asker].filter(one => one !== undefined)
}
