import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Store } from '../store/store.ts'

/** What Prometheus reads. Other parts of the process may add to `registry`. */
export interface Metrics {
  readonly registry: Registry
  /** Counts requests by route, never by path. */
  readonly count: MiddlewareHandler
}

/** Metrics of the fleet, read from the store when they are asked for, and of the API itself. */
export function createMetrics({ store }: { readonly store: Pick<Store, 'ledger' | 'sessions'> }): Metrics {
  const registry = new Registry()
  addFleet(registry, store)
  addSessions(registry, store)
  const requests = new Counter({
    name: 'portico_http_requests_total',
    help: 'Requests to the admin listener',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  return {
    registry,
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

function addFleet(registry: Registry, { ledger }: Pick<Store, 'ledger'>): void {
  const gauge = (name: string, help: string, labelNames: readonly string[]): Gauge =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })
  const agents = gauge('portico_server_agents', 'Agents on a media server', ['server', 'state'])
  const clients = gauge('portico_server_clients', 'Client legs on a media server', ['server'])
  const reserved = gauge('portico_server_reserved', 'Places reserved on a media server', ['server'])
  const capacity = gauge('portico_server_capacity', 'The most agents a media server shall hold', ['server'])
  const up = gauge('portico_server_up', 'Whether calls get through to a media server', ['server'])
  const takenAt = gauge('portico_server_load_taken_seconds', 'When the load was true', ['server'])
  const servers = new Gauge({
    name: 'portico_servers',
    help: 'Media servers by wanted state',
    labelNames: ['wanted'],
    registers: [],
    async collect() {
      // One look at the ledger fills every gauge of the fleet, so that they belong together.
      for (const each of [this, agents, clients, reserved, capacity, up, takenAt]) each.reset()
      for (const { server, load, health, reserved: places } of await ledger.candidates()) {
        const label = { server: server.id }
        this.inc({ wanted: server.wanted })
        capacity.set(label, server.capacity)
        reserved.set(label, places)
        up.set(label, health === 'up' ? 1 : 0)
        if (!load) continue
        agents.set({ ...label, state: 'waiting' }, load.waiting)
        agents.set({ ...label, state: 'in-call' }, load.inCall)
        clients.set(label, load.clients)
        takenAt.set(label, load.takenAt / 1000)
      }
    },
  })
  registry.registerMetric(servers)
}

function addSessions(registry: Registry, { sessions }: Pick<Store, 'sessions'>): void {
  const legs = new Gauge({
    name: 'portico_sessions',
    help: 'Legs in progress',
    labelNames: ['kind'],
    registers: [],
    async collect() {
      this.reset()
      for (const { kind } of await sessions.list()) this.inc({ kind })
    },
  })
  registry.registerMetric(legs)
}
