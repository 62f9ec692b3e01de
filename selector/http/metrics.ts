import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Store } from '../store/store.ts'

/** What Prometheus reads. Other parts of the process may add to `registry`. */
export interface Metrics {
  readonly registry: Registry
  /** Everything as text, with the fleet as the store has it now. */
  readonly scrape: () => Promise<string>
  /** Counts requests by route, never by path. */
  readonly count: MiddlewareHandler
}

/** Metrics of the fleet, read from the store when they are asked for, and of the API itself. */
export function createMetrics({ store }: { readonly store: Pick<Store, 'ledger' | 'sessions'> }): Metrics {
  const registry = new Registry()
  const readFleet = fleetGauges(registry, store)
  const requests = new Counter({
    name: 'portico_http_requests_total',
    help: 'Requests to the admin listener',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  return {
    registry,
    async scrape() {
      await readFleet()
      return registry.metrics()
    },
    count: async (c, next) => {
      await next()
      const method = knownMethods.has(c.req.method) ? c.req.method : 'other'
      requests.inc({ method, route: routePath(c, -1), status: c.res.status })
    },
  }
}

/** Adds what Node tells of itself: memory, CPU, event loop. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
}

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

function fleetGauges(
  registry: Registry,
  { ledger, sessions }: Pick<Store, 'ledger' | 'sessions'>,
): () => Promise<void> {
  const gauge = (name: string, help: string, ...labelNames: string[]): Gauge =>
    new Gauge({ name: `portico_${name}`, help, labelNames, registers: [registry] })
  const servers = gauge('servers', 'Media servers by wanted state', 'wanted')
  const agents = gauge('server_agents', 'Agents on a media server', 'server', 'state')
  const clients = gauge('server_clients', 'Client legs on a media server', 'server')
  const reserved = gauge('server_reserved', 'Places reserved on a media server', 'server')
  const capacity = gauge('server_capacity', 'The most agents a media server shall hold', 'server')
  const up = gauge('server_up', 'Whether calls get through to a media server', 'server')
  const conferences = gauge('server_conferences', 'Conferences on a media server', 'server')
  const state = gauge(
    'server_state',
    'How a media server is, as its Manager Interface tells',
    'server',
    'state',
  )
  const lag = gauge('server_lag_seconds', 'How long an event of a media server is on its way to us', 'server')
  const takenAt = gauge('server_load_taken_seconds', 'When the load of a media server was true', 'server')
  const legs = gauge('sessions', 'Legs in progress', 'kind')
  const ofServers = [servers, agents, clients, conferences, reserved, capacity, up, state, lag, takenAt]
  const all = [...ofServers, legs]

  return async () => {
    const [candidates, inProgress] = await Promise.all([ledger.candidates(), sessions.list()])
    for (const each of all) each.reset()
    for (const { kind } of inProgress) legs.inc({ kind })
    for (const { server, load, health, reserved: places } of candidates) {
      const label = { server: server.id }
      servers.inc({ wanted: server.wanted })
      capacity.set(label, server.capacity)
      reserved.set(label, places)
      up.set(label, health === 'up' ? 1 : 0)
      state.set({ ...label, state: load?.state ?? 'unknown' }, 1)
      if (!load) continue
      conferences.set(label, load.conferences ?? 0)
      lag.set(label, (load.lagMs ?? 0) / 1000)
      agents.set({ ...label, state: 'waiting' }, load.waiting)
      agents.set({ ...label, state: 'in-call' }, load.inCall)
      clients.set(label, load.clients)
      takenAt.set(label, load.takenAt / 1000)
    }
  }
}
