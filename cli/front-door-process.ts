import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { loadCertificate } from '../config/certificate.ts'
import type { Config } from '../config/schema.ts'
import { createDoor, type Door } from '../proxy/main.ts'
import { systemClock } from '../runtime/clock.ts'
import { startAll, type Part } from '../runtime/lifecycle.ts'
import { createLog } from '../runtime/log.ts'
import { collectorFamilies } from '../selector/http/collector-families.ts'
import { addFamilies, type Family } from '../selector/http/families.ts'
import { ledgerFamilies } from '../selector/http/ledger-families.ts'
import { followCertificate } from './follow-certificate.ts'
import { createAmiActions } from '../selector/ami/actions.ts'
import { createFleetCollector, type FleetCollector } from '../selector/ami/fleet-collector.ts'
import { createSelector, policyOf } from '../selector/main.ts'
import { createServerRegistration, type ServerRegistration } from '../selector/registration.ts'
import { createMemoryStore } from '../selector/store/memory/store.ts'
import { createRedisStore } from '../selector/store/redis/store.ts'
import type { Store } from '../selector/store/store.ts'
import type { Log } from '../runtime/log.ts'

/** A front door that is up. */
export interface FrontDoorProcess {
  /** What the operator is told. */
  readonly lines: readonly string[]
  /** Ends calls, closes every socket, and resolves when nothing is left. */
  readonly stop: () => Promise<void>
}

/** Starts store, selector, collectors and door in this process. Rejects with the error of the first part that cannot. */
export async function startFrontDoor(config: Config): Promise<FrontDoorProcess> {
  const clock = systemClock
  const log = createLog(config.log.level)
  const certificate = await loadCertificate(config)
  const store = createStore(config, log)
  const actions = createAmiActions({ clock })
  const registration = registrationOf(config, store, log)
  let isUp = false
  const selector = createSelector({
    config,
    store,
    actions,
    registration,
    log,
    certificate,
    clock,
    traceOf: call => door.trace?.of(call),
    missing: () => (isUp ? [] : ['the door is not open yet']),
  })
  const door = createDoor({
    config,
    certificate,
    store,
    credentials: selector.credentials,
    registration,
    onPublicRequest: selector.onPublicRequest,
    hangUpAt: (server, call) => actions.hangup(server, call),
    clock,
    log,
  })
  const collectors = createFleetCollector({
    store,
    holder: `${hostname()}-${randomBytes(6).toString('hex')}`,
    clock,
    chance: Math.random,
    onDead: server => door.tell({ server, news: 'died' }),
    onLive: server => door.tell({ server, news: 'live' }),
    onSilent: (server, silent) => door.tell({ server, news: silent ? 'silent' : 'heard' }),
    log,
  })
  const storePart: Part = { name: 'store', start: () => store.start(), stop: () => store.stop() }
  const stop = await startAll([storePart, actions, registration, selector, collectors, door], (part, cause) =>
    log.warn('stop.failed', { part, cause }),
  )
  isUp = true
  addFamilies(selector.registry, familiesOf(store, door, collectors))
  const stopFollowing = followCertificate(config, certificate, [door, selector], log)
  const urls = { public: door.publicUrl(), admin: selector.adminUrl() }
  return {
    lines: announcement(config, urls, certificate.developmentFile),
    async stop() {
      stopFollowing()
      await stop()
    },
  }
}

/** What the parts of this process count, for Prometheus. */
function familiesOf({ ledger }: Store, door: Door, collectors: FleetCollector): readonly Family[] {
  return [
    ...(door.metrics?.families() ?? []),
    ...collectorFamilies(() => collectors.counts()),
    ...ledgerFamilies({ counts: ledger.counts, policy: () => ledger.policy() }, () =>
      door.health.ejections(),
    ),
  ]
}

/** What the operator is told once all is up. */
function announcement(
  { listen: { trunk, inside }, dataDir }: Config,
  urls: { readonly public: string; readonly admin: string },
  developmentFile: string | undefined,
): readonly string[] {
  const warning = `note     self-signed development certificate ${developmentFile}: browsers will warn; set tls.cert and tls.key`
  return [
    `agents   ${urls.public}`,
    `carriers ${trunk.transports.join(',')} ${trunk.host}:${trunk.port}`,
    `servers  ${inside.transports.join(',')} ${inside.host}:${inside.port}`,
    `admin    ${urls.admin}/  (token in ${dataDir}/admin-token)`,
    ...(developmentFile === undefined ? [] : [warning]),
  ]
}

function registrationOf({ fleet }: Config, store: Store, log: Log): ServerRegistration {
  const { amiUsername: username, amiSecret: secret, capacity, maxSec } = fleet.registration
  return createServerRegistration({
    store,
    ...(secret !== undefined && { given: { username, secret, capacity, zone: 'default' } }),
    // By REST a server may ask for as much.
    longestSec: Math.max(maxSec, 3_600),
    door: hostname(),
    clock: systemClock,
    log,
  })
}

function createStore(config: Config, log: Log): Store {
  const shared = {
    policy: policyOf(config),
    measureRho: config.fleet.measureRho,
    ...(config.decisions.file !== undefined && { decisionsFile: config.decisions.file }),
    clock: systemClock,
    log,
  }
  if (config.store === 'memory:') return createMemoryStore({ ...shared, dataDir: config.dataDir })
  const { name: fleet } = config.fleet
  return createRedisStore({ ...shared, url: config.store, fleet, commandTimeoutMs: config.redis.budgetMs })
}
