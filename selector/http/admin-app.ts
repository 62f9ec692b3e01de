import { createHash, timingSafeEqual } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { z } from 'zod'
import type { Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Dialler } from '../dialler.ts'
import type { NailUp } from '../nail-up.ts'
import type { PinTokens } from '../pin-tokens.ts'
import type { Store } from '../store/store.ts'
import { serveAgents } from './agents.ts'
import { serveCalls } from './calls.ts'
import { serveConferences, type AskConference } from './conferences.ts'
import type { Metrics } from './metrics.ts'
import { serveDecisions } from './decisions.ts'
import { serveDial } from './dial.ts'
import { serveHint } from './hint.ts'
import { serveNailUp } from './nail-up.ts'
import { describe, serveOpenApi } from './openapi.ts'
import { notFound, problem, problemOf } from './problem.ts'
import { serveRoutes } from './routes.ts'
import { serveSelection } from './selection.ts'
import type { ServerRegistration } from '../registration.ts'
import { serveRecords } from './records.ts'
import { serveRegistration } from './registration.ts'
import { serveServers } from './servers.ts'
import { serveSessions } from './sessions.ts'
import { serveTraces, type TraceOf } from './traces.ts'
import { serveTrunks } from './trunks.ts'

/** What the admin API needs. */
export interface AdminAppOptions {
  readonly store: Store
  /** Bearer token of everything but health and API document. */
  readonly token: string
  /** Digest realm of the agents. */
  readonly realm: string
  /** How long POST /api/v1/selection keeps a place. */
  readonly reservationMs: number
  readonly maxBodyBytes: number
  /** How a media server is asked who is in a conference. */
  readonly askConference: AskConference
  readonly dialler: Dialler
  readonly nailUp: NailUp
  /** Takes media servers that register themselves; absent: none may. */
  readonly registration?: Pick<ServerRegistration, 'register'>
  /** Shows callers where an agent waits; absent: they are not shown. */
  readonly pinTokens?: Pick<PinTokens, 'give'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** The last calls on the wire, where this process has a door. */
  readonly traceOf?: TraceOf
  /** What is still missing until calls can be taken; empty: ready. */
  readonly missing?: () => Promise<readonly string[]> | readonly string[]
  /** In [0, 1); settles ties between media servers. */
  readonly chance?: () => number
}

/** The admin side: REST API, metrics, health, API document. */
export function createAdminApp(options: AdminAppOptions): OpenAPIHono {
  const { store, realm, clock, log, metrics, chance = Math.random, reservationMs } = options
  const app = new OpenAPIHono()
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      strictTransportSecurity: false,
    }),
  )
  app.use(metrics.count)
  app.use('/api/*', bearer(options.token), limited(options.maxBodyBytes))
  app.use('/metrics', bearer(options.token))
  serveHealth(app, options)
  serveServers(app, { store, clock })
  serveRegistration(app, options.registration)
  serveAgents(app, { store, realm })
  serveDial(app, { store, dialler: options.dialler })
  serveNailUp(app, { store, nailUp: options.nailUp })
  serveTrunks(app, { store })
  serveRoutes(app, { store, clock })
  serveSelection(app, { store, ttlMs: reservationMs, clock, chance })
  serveDecisions(app, { store })
  serveHint(app, { store, ...(options.pinTokens && { tokens: options.pinTokens }) })
  serveSessions(app, { store })
  serveRecords(app, { store })
  serveTraces(app, { traceOf: options.traceOf ?? unknown })
  serveCalls(app, { store })
  serveConferences(app, { store, ask: options.askConference })
  serveOpenApi(app)
  app.notFound(c =>
    notFound(c, `there is no ${c.req.method} ${c.req.path}; /openapi.json lists what there is`),
  )
  app.onError((thrown, c) => {
    const parts = problemOf(thrown)
    if (parts.status === 500) log.error('api.failed', { route: c.req.path, cause: messageOf(thrown) })
    return problem(c, parts)
  })
  return app
}

/** Refuses longer bodies with 413, also when their length is not announced. */
export function limited(maxSize: number): MiddlewareHandler {
  const detail = `the body is longer than ${maxSize} bytes; send less at a time`
  return bodyLimit({ maxSize, onError: c => problem(c, { status: 413, code: 'E_API', detail }) })
}

function bearer(token: string): MiddlewareHandler {
  const wanted = digest(token)
  return async (c, next) => {
    const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(c.req.header('Authorization') ?? '')?.[1]
    // Digests have one length, so the comparison takes one time.
    if (timingSafeEqual(digest(given ?? ''), wanted)) return next()
    const detail = 'send Authorization: Bearer with the admin token, which admin.token or dataDir holds'
    return problem(c, { status: 401, code: 'E_API', detail, headers: { 'WWW-Authenticate': 'Bearer' } })
  }
}

function unknown(): undefined {
  // A process without a door has seen no call.
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function serveHealth(app: OpenAPIHono, { metrics, missing = () => [] }: AdminAppOptions): void {
  const status = z.object({ status: z.string() })
  describe(app, 'get', '/healthz', { summary: 'Whether the process runs', output: status, open: true })
  app.get('/healthz', c => c.json({ status: 'ok' }))
  describe(app, 'get', '/readyz', { summary: 'Whether calls can be taken', output: status, open: true })
  app.get('/readyz', async c => {
    const lacks = await missing()
    return lacks.length === 0 ? c.json({ status: 'ready' }) : notReady(c, lacks)
  })
  describe(app, 'get', '/metrics', {
    summary: 'Metrics for Prometheus',
    output: z.string(),
    type: 'text/plain',
  })
  app.get('/metrics', async c =>
    c.text(await metrics.scrape(), 200, { 'Content-Type': metrics.registry.contentType }),
  )
}

function notReady(c: Context, lacks: readonly string[]): Response {
  return problem(c, { status: 503, code: 'E_API', detail: `not ready: ${lacks.join('; ')}` })
}
