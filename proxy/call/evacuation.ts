import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { SessionStore } from '../../selector/store/store.ts'
import { every, type Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Call } from './call.ts'
import type { Mover } from './mover.ts'
import { agentLeg } from './parties.ts'

/** What an evacuation works with. */
export interface EvacuationParts {
  readonly servers: () => Iterable<MediaServer>
  /** The calls of this door. */
  readonly calls: () => Iterable<Leg>
  /** The legs of all doors: a client may have come in by another one. */
  readonly sessions: Pick<SessionStore, 'list'>
  readonly mover: Pick<Mover, 'move'>
  readonly clock: Clock
  readonly log: Log
}

/** What is looked at of a call. */
export interface Leg {
  readonly call: Pick<Call, 'kind' | 'agent' | 'anchored'>
  readonly server: string | undefined
  readonly state: { readonly kind: string }
}

/** Runs from `start` to `stop`. */
export interface Evacuation {
  start(): void
  stop(): void
}

/** Takes agents who are in no call off the servers that shall be emptied, a few at a time, until it is stopped. */
export function createEvacuation(parts: EvacuationParts): Evacuation {
  const { servers, clock, log } = parts
  let isMoving = false
  let end: (() => void) | undefined

  async function move(): Promise<void> {
    if (isMoving) return
    isMoving = true
    try {
      for (const server of servers()) {
        if (server.wanted === 'draining' && server.evacuate) await moveSome(parts, server.id)
      }
    } catch (cause) {
      log.warn('evacuation.failed', { cause: messageOf(cause) })
    } finally {
      isMoving = false
    }
  }

  return {
    start() {
      end = every(clock, everyMs, () => void move())
    },
    stop: () => end?.(),
  }
}

async function moveSome({ calls, sessions, mover }: EvacuationParts, server: string): Promise<void> {
  const waiting = [...calls()].filter(
    session =>
      session.server === server &&
      session.state.kind === 'up' &&
      session.call.anchored &&
      agentLeg(session.call) !== undefined,
  )
  if (waiting.length === 0) return
  const legs = await sessions.list()
  const busy = new Set(legs.filter(leg => agentLeg(leg) === undefined).map(({ agent }) => agent))
  const idle = waiting.map(({ call }) => call.agent).filter(agent => !busy.has(agent))
  await Promise.all(idle.slice(0, atOnce).map(agent => mover.move({ agent })))
}

const everyMs = 1_000
/** How many agents are moved at once: each move is a call set-up on another server. */
const atOnce = 8
