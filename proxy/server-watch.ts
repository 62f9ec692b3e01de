import type { Config } from '../config/schema.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { ServerNews, Store } from '../selector/store/store.ts'
import type { FrontDoor } from './front-door.ts'
import type { SipEdge } from './ports.ts'
import type { StoreDirectory } from './route/directory.ts'
import { createHealthWatch, type HealthWatch } from './route/health-watch.ts'
import { createLossWatch } from './route/loss-watch.ts'
import { createProber, type Prober } from './route/prober.ts'
import { createSipCheck } from './route/sip-check.ts'

/** What a watch over the media servers is made of. */
export interface ServerWatchOptions {
  readonly config: Config
  readonly store: Pick<Store, 'ledger'>
  readonly edge: SipEdge
  readonly directory: StoreDirectory
  /** Asks the peers of trunks; its answers come the same way. */
  readonly peers: Prober
  readonly frontDoor: () => FrontDoor
  readonly clock: Clock
  readonly log: Log
}

/** Knows how the media servers fare, and saves the calls of those that die or hang. */
export interface ServerWatch {
  readonly health: HealthWatch
  readonly prober: Prober
  /** What a collector has noticed, here or at another door. */
  heard(news: ServerNews): void
}

export function createServerWatch(options: ServerWatchOptions): ServerWatch {
  const { config, store, edge, directory, peers, frontDoor, clock, log } = options
  const health = createHealthWatch({
    ledger: store.ledger,
    clock,
    log,
    policy: config.health,
    onLost: server => void frontDoor().serverLost(server),
  })
  const check = createSipCheck({ edge, server: id => directory.server(id), clock })
  const { intervalMs } = config.health
  const prober = createProber({ edge, health, servers: () => directory.servers(), clock, intervalMs })
  const lossWatch = createLossWatch({
    answers: (server, ms) => check.answers(server, ms),
    packets: server => frontDoor().packetsFrom(server),
    onLost(server) {
      health.hangs(server)
      void frontDoor().serverHangs(server)
    },
    clock,
    log,
  })

  function heard({ server, news }: ServerNews): void {
    if (news === 'died') {
      void frontDoor().serverLost(server)
      return health.died(server)
    }
    lossWatch.managerSilent(server, news === 'silent')
    if (news !== 'silent') void frontDoor().serverReturned(server)
  }

  return {
    health,
    heard,
    prober: {
      start() {
        prober.start()
        peers.start()
      },
      stop() {
        lossWatch.stop()
        prober.stop()
        peers.stop()
      },
      take: response => prober.take(response) || peers.take(response) || check.take(response),
    },
  }
}
