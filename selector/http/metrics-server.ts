import { createServer, type ServerResponse } from 'node:http'
import { Registry } from 'prom-client'
import type { Part } from '../../runtime/lifecycle.ts'
import { addFamilies, type Family } from './families.ts'
import { closeServer, hostPortOf, openServer, type Listening } from './listening.ts'
import { addProcessMetrics } from './metrics.ts'

export interface MetricsServerOptions {
  readonly listening: Listening
  /** What this process counts. */
  readonly families: readonly Family[]
}

/** The metrics of a process that has no API: `GET /metrics` for Prometheus, and nothing else. */
export interface MetricsServer extends Part {
  /** Where Prometheus finds them, once started. */
  url(): string
}

/** `start` rejects with `E_PORT_IN_USE` or `E_LISTEN`. */
export function createMetricsServer({ listening, families }: MetricsServerOptions): MetricsServer {
  const registry = new Registry()
  const server = createServer(
    { headersTimeout: patienceMs, requestTimeout: patienceMs },
    (request, response) => {
      if (request.url !== '/metrics') return end(response, 404)
      if (request.method !== 'GET') return end(response, 405)
      registry.metrics().then(
        text => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
        () => end(response, 500),
      )
    },
  )
  // A scrape is a connection of its own or one of few; nobody else has business here.
  server.maxConnections = mostConnections
  addFamilies(registry, families)
  return {
    name: 'metrics',
    async start() {
      addProcessMetrics(registry)
      await openServer(server, listening)
    },
    async stop() {
      registry.clear()
      if (server.listening) await closeServer(server)
    },
    url: () => `http://${hostPortOf(server, listening)}/metrics`,
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': 0 }).end()
}

const patienceMs = 5_000
const mostConnections = 32
