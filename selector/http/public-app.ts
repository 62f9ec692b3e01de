import { existsSync } from 'node:fs'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type Context } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { LoginThrottle } from '../../runtime/login-throttle.ts'
import { sessionRequest, type SessionGrant } from '../contract.ts'
import { iceServersFor, type IceServerSetting } from '../ice-servers.ts'
import type { Credentials } from '../credentials.ts'
import type { Dialler } from '../dialler.ts'
import type { Store } from '../store/store.ts'
import { limited } from './admin-app.ts'
import { readBody } from './input.ts'
import { serveOwnCalls } from './own-calls.ts'
import { notFound, problem, problemOf, tooMany } from './problem.ts'

/** What the public side needs. */
export interface PublicAppOptions {
  readonly credentials: Pick<Credentials, 'verify' | 'verifyIssued' | 'issue'>
  readonly dialler: Dialler
  readonly store: Pick<Store, 'dials' | 'orders'>
  readonly throttle: LoginThrottle
  /** Domain of the agents' SIP addresses. */
  readonly domain: string
  /** `wss://host:port/path` of the agents' WebSocket; undefined: the host by which the page was called. */
  readonly wssUrl?: string
  readonly wssPath: string
  readonly iceServers: readonly IceServerSetting[]
  /** Wall-clock milliseconds. */
  readonly now: () => number
  /** Where the built softphone is; without it the page says how to build it. */
  readonly softphoneDir: string
  readonly maxBodyBytes: number
  readonly log: Log
  /** Where a request came from; `unknown` shares one counter. */
  readonly addressOf: (c: Context) => string
}

/** The public side: the softphone's files, the agents' sign-in and the calls that they dial. */
export function createPublicApp(options: PublicAppOptions): Hono {
  const { softphoneDir, maxBodyBytes, log } = options
  const app = new Hono()
  app.use(
    secureHeaders({
      contentSecurityPolicy,
      xFrameOptions: 'DENY',
      // It would bind every other service on this host name to a certificate that may be a development one.
      strictTransportSecurity: false,
      permissionsPolicy: { microphone: ['self'], camera: [], geolocation: [] },
    }),
  )
  app.post('/api/session', limited(maxBodyBytes), c => signIn(c, options))
  serveOwnCalls(app, options)
  if (existsSync(softphoneDir)) app.use(serveStatic({ root: softphoneDir }))
  else app.get('/', c => c.text('The softphone is not built. Run: npm run build\n', 503))
  app.notFound(c => notFound(c, 'there is nothing here'))
  app.onError((thrown, c) => {
    log.error('public.failed', { cause: messageOf(thrown) })
    return problem(c, problemOf(thrown))
  })
  return app
}

// Older browsers do not count wss: on the own host as 'self'.
const contentSecurityPolicy = {
  defaultSrc: ["'self'"],
  connectSrc: ["'self'", 'wss:'],
  mediaSrc: ["'self'", 'blob:', 'mediastream:'],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
}

async function signIn(c: Context, options: PublicAppOptions): Promise<Response> {
  const { credentials, throttle, addressOf, log } = options
  const body = await readBody(c, sessionRequest)
  if (!body.ok) return body.response
  const { agent: id, password } = body.value
  const address = addressOf(c)
  if (throttle.waitMs(address, id) > 0) return tooMany(c, throttle.waitMs(address, id))
  const agent = await credentials.verify(id, password)
  // Of guesses that came together, those beyond the number are not told whether they were right.
  if (throttle.waitMs(address, id) > 0) return tooMany(c, throttle.waitMs(address, id))
  if (agent === undefined) {
    throttle.failed(address, id)
    log.warn('session.refused', { agent: id, address })
    return problem(c, { status: 401, code: 'E_API', detail: 'agent or password is wrong' })
  }
  throttle.succeeded(address, id)
  const issued = await credentials.issue(agent)
  log.info('session.granted', { agent: agent.id, address })
  return c.json(grant(c, options, agent.id, issued), 200, { 'Cache-Control': 'no-store' })
}

function grant(
  c: Context,
  { domain, iceServers, wssUrl, wssPath, now }: PublicAppOptions,
  agent: string,
  issued: Pick<SessionGrant, 'authorizationUser' | 'password' | 'expiresAt'>,
): SessionGrant {
  return {
    agent,
    sipUri: `sip:${agent}@${domain}`,
    ...issued,
    wssUrl: wssUrl ?? `wss://${new URL(c.req.url).host}${wssPath}`,
    iceServers: iceServersFor(iceServers, { agent, expiresAt: issued.expiresAt, now: now() }),
    conference: `agt-${agent}`,
  }
}
