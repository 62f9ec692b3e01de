import {
  afterCall,
  afterDeath,
  afterHang,
  afterProbe,
  afterWord,
  initialHealth,
  wordOf,
  type HealthOutcome,
  type HealthPolicy,
  type HealthState,
  type ProbeOutcome,
} from '../../selector/domain/health.ts'
import type { HealthWord } from '../../selector/domain/media-server.ts'
import type { Store } from '../../selector/store/store.ts'
import type { Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'

/** What this door finds of the servers' health, and tells the others. */
export interface HealthWatch {
  /** What an INVITE told. */
  called(server: string, outcome: HealthOutcome): void
  /** What an OPTIONS told. */
  probed(server: string, outcome: ProbeOutcome): void
  /** It does nothing any more, and is down until probes are answered again. */
  hangs(server: string): void
  /** Its process has ended: it is down until probes are answered again. Its calls are saved by whoever tells. */
  died(server: string): void
  /** What the ledger knows, perhaps from another door. */
  heard(server: string, word: HealthWord): void
  /** False when it is known here to take no call at all: it is down, or shuts down. */
  takesCalls(server: string): boolean
  /** How often servers were ejected, by server and reason. */
  ejections(): readonly { readonly labels: readonly string[]; readonly value: number }[]
}

export interface HealthWatchOptions {
  readonly ledger: Pick<Store['ledger'], 'putHealth' | 'candidates'>
  readonly clock: Clock
  readonly log: Log
  readonly policy: HealthPolicy
  /** Called when a server's SIP went down and its Manager Interface is gone too. */
  readonly onLost: (server: string) => void
}

export function createHealthWatch({ ledger, clock, log, policy, onLost }: HealthWatchOptions): HealthWatch {
  const states = new Map<string, HealthState>()
  const ejected = new Map<string, number>()

  function turn(server: string, step: (state: HealthState, now: number) => HealthState): void {
    const before = states.get(server) ?? initialHealth
    const after = step(before, clock.wall())
    states.set(server, after)
    if (after.health === before.health && after.until === before.until) return
    log.warn('placement.health', { server, health: after.health, reason: after.reason })
    share(server, after).catch((cause: unknown) => {
      log.warn('placement.health-not-shared', { server, cause: messageOf(cause) })
    })
  }

  async function share(server: string, state: HealthState): Promise<void> {
    const taken = await ledger.putHealth(server, wordOf(state))
    if (state.health === 'ejected') {
      // Half of the fleet is out already: rather a bad server than none.
      if (!taken) states.set(server, afterWord(state, { health: 'up' }, clock.wall()))
      else ejected.set(`${server} ${state.reason}`, (ejected.get(`${server} ${state.reason}`) ?? 0) + 1)
    }
    if (state.health !== 'down' || state.reason === 'died') return
    const [candidate] = await ledger.candidates(server)
    if (candidate && !candidate.load?.reconciled) onLost(server)
  }

  return {
    called: (server, outcome) => turn(server, (state, now) => afterCall(state, outcome, now, policy)),
    probed: (server, outcome) => turn(server, (state, now) => afterProbe(state, outcome, now, policy)),
    hangs: server => turn(server, (state, now) => afterHang(state, now)),
    died: server => turn(server, afterDeath),
    heard(server, word) {
      states.set(server, afterWord(states.get(server) ?? initialHealth, word, clock.wall()))
    },
    takesCalls(server) {
      const { health } = states.get(server) ?? initialHealth
      return health !== 'down' && health !== 'stopping'
    },
    ejections: () => [...ejected].map(([key, value]) => ({ labels: key.split(' '), value })),
  }
}
