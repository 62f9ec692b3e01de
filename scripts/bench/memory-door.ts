/**
 * A process in which a door, its agents and its media server live without a socket between them: what calls cost in our own code
 * alone, counters and trace included. The clock is stepped, so that as much is alive at any moment as at a steady rate.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createEngine } from '../../engine/engine.ts'
import { messageCounts } from '../../engine/observe/message-counts.ts'
import { createMetrics } from '../../engine/observe/metrics.ts'
import { tapped } from '../../engine/observe/tapped.ts'
import { createTrace } from '../../engine/observe/trace.ts'
import { randomHex } from '../../engine/random.ts'
import { createDirectEdge } from '../../proxy/edge/direct/direct-edge.ts'
import { SharedFlows } from '../../proxy/edge/shared-flows.ts'
import { createDoor } from '../../proxy/main.ts'
import { createLog } from '../../runtime/log.ts'
import { createCredentials } from '../../selector/credentials.ts'
import { realmOf } from '../../selector/main.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { LoadAgent } from '../load/agent.ts'
import { fleet } from './fleet.ts'
import { MemoryTransports } from './memory-transports.ts'
import { serve } from './remote.ts'
import { password, settingsOf, type Arrangement } from './settings.ts'
import { SteppedClock } from './stepped-clock.ts'
import { usage, type Usage } from './usage.ts'

/** What the process can be asked. */
export interface MemoryDoorService {
  readonly start: (arrangement: Arrangement) => Promise<void>
  /** Makes that many calls one after the other, `perSecond` by its own clock. */
  readonly call: (order: CallsOrdered) => Promise<CallsMade>
}

/** How many calls, and how long the process rests after each. */
export interface CallsOrdered {
  readonly calls: number
  readonly perSecond: number
  readonly pauseMs: number
}

/** What a number of calls cost. */
export interface CallsMade {
  readonly before: Usage
  readonly after: Usage
  readonly failed: number
}

const clock = new SteppedClock()
const sockets = new MemoryTransports()
const agents: LoadAgent[] = []
let next = 0

serve<MemoryDoorService>({ start, call })

async function start(arrangement: Arrangement): Promise<void> {
  const config = settingsOf(arrangement)
  const log = createLog(config.log.level)
  const policy = { utilisation: config.utilisation, rho: config.fleet.rho }
  const store = createMemoryStore({ policy, clock, log })
  const { traceCalls, traceMessages: messages, traceBytes: bytes } = config.limits
  const trace = createTrace({ calls: traceCalls, messages, bytes }, clock, 'X-Portico-Call')
  const transports = tapped(sockets, [messageCounts(createMetrics()), trace.tap])
  const ttlSec = config.agents.credentialTtlSec
  const credentials = createCredentials({ store, realm: realmOf(config), ttlSec, clock })
  const shared = new SharedFlows({
    inner: transports,
    listener: 'public',
    heldMessages: config.limits.heldMessages,
    clock,
  })
  const engine = createEngine({ transports: shared, clock, random: randomHex, log })
  const edge = createDirectEdge({ engine, listeners: { inside: 'inside', trunk: 'trunk' }, log })
  const certificate = { cert: '', key: '' }
  const door = createDoor(
    { config, certificate, store, credentials, onPublicRequest: nothing, clock, log },
    { edge, transports, shared },
  )
  await fleet(store, config, arrangement, clock).start()
  await door.start()
  for (const agent of arrangement.agents) {
    const phone = new LoadAgent({
      url: agent,
      localAddress: '',
      domain: config.agents.domain,
      password,
      agent,
      open: (_, received) => Promise.resolve(sockets.line(agent, received)),
    })
    await phone.connect()
    await phone.register()
    agents.push(phone)
  }
}

async function call({ calls, perSecond, pauseMs }: CallsOrdered): Promise<CallsMade> {
  let failed = 0
  const before = usage()
  for (let made = 0; made < calls; made++) {
    next = (next + 1) % agents.length
    failed += (await oneCall(agents[next])) ? 0 : 1
    clock.advance(1000 / perSecond)
    if (pauseMs > 0) await sleep(pauseMs)
  }
  return { before, after: usage(), failed }
}

function oneCall(agent: LoadAgent | undefined): Promise<boolean> {
  return new Promise(resolve => agent?.call(0, ({ ok }) => resolve(ok)))
}

function nothing(): void {
  // Nobody asks this door for a page.
}
