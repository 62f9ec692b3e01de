/**
 * A process with a real door on the memory store. There is no Asterisk: one server is written into the store with a load that
 * is always fresh, and media passes through. Everything else is what `portico door` runs.
 */
import { loadCertificate } from '../../config/certificate.ts'
import { createDoor } from '../../proxy/main.ts'
import { systemClock } from '../../runtime/clock.ts'
import { startAll } from '../../runtime/lifecycle.ts'
import { createLog } from '../../runtime/log.ts'
import { createCredentials } from '../../selector/credentials.ts'
import { realmOf } from '../../selector/main.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { fleet } from './fleet.ts'
import { serve } from './remote.ts'
import { settingsOf, type Arrangement } from './settings.ts'
import { collectGarbage, usage, type Usage } from './usage.ts'

/** Where a door is once it has started. */
export interface Started {
  readonly url: string
  readonly domain: string
  /** The processes that do its work, when it is not the one that was asked. */
  readonly pids?: readonly number[]
}

/** What the door's process can be asked. */
export interface DoorService {
  readonly start: (arrangement: Arrangement) => Promise<Started>
  readonly stop: () => Promise<void>
  readonly usage: () => Usage
  readonly collect: () => boolean
}

const clock = systemClock
let stopAll: (() => Promise<void>) | undefined

serve<DoorService>({ start, stop: async () => stopAll?.(), usage, collect: collectGarbage })

async function start(arrangement: Arrangement): Promise<Started> {
  const config = settingsOf(arrangement)
  const log = createLog(config.log.level)
  const policy = { utilisation: config.utilisation, rho: config.fleet.rho }
  const store = createMemoryStore({ policy, clock, log })
  const credentials = createCredentials({
    store,
    realm: realmOf(config),
    ttlSec: config.agents.credentialTtlSec,
    clock,
  })
  const certificate = await loadCertificate(config)
  const door = createDoor({
    config,
    certificate,
    store,
    credentials,
    onPublicRequest: (_, response) => response.writeHead(404).end(),
    clock,
    log,
  })
  stopAll = await startAll([fleet(store, config, arrangement, clock), door])
  return {
    url: door.publicUrl().replace('https:', 'wss:').replace(/\/$/, config.listen.public.path),
    domain: config.agents.domain,
  }
}
