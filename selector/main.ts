import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer, getRequestListener, type ServerType } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Certificate } from '../config/certificate.ts'
import { ensureAdminToken } from '../config/admin-token.ts'
import { isLoopback, type Config } from '../config/schema.ts'
import { systemClock, type Clock } from '../runtime/clock.ts'
import { PorticoError } from '../runtime/errors.ts'
import type { Part } from '../runtime/lifecycle.ts'
import type { Log } from '../runtime/log.ts'
import { createLoginThrottle } from '../runtime/login-throttle.ts'
import type { AmiActions } from './ami/actions.ts'
import type { Policy } from './domain/standing.ts'
import { createCredentials, type Credentials } from './credentials.ts'
import type { DialDeskOptions } from './dial-desk.ts'
import { createDialler, type Dialler } from './dialler.ts'
import { createNailUp, type NailUp } from './nail-up.ts'
import { createAdminApp } from './http/admin-app.ts'
import { closeServer, hostPortOf, openServer } from './http/listening.ts'
import { addProcessMetrics, createMetrics, type Metrics } from './http/metrics.ts'
import type { TraceOf } from './http/traces.ts'
import { createPublicApp } from './http/public-app.ts'
import { createPinTokens, type PinTokens } from './pin-tokens.ts'
import type { ServerRegistration } from './registration.ts'
import type { Store } from './store/store.ts'

/** What the selector is made of. */
export interface SelectorOptions {
  readonly config: Config
  /** Started before and stopped after the selector, by whoever made it. */
  readonly store: Store
  /** Asks media servers who is in a conference, and has them call. Started and stopped like the store. */
  readonly actions: Pick<AmiActions, 'members' | 'originate' | 'ring'>
  /** Takes media servers that register themselves; absent: none may. */
  readonly registration?: Pick<ServerRegistration, 'register'>
  readonly log: Log
  /** Needed when the admin listener is not on loopback. */
  readonly certificate?: Certificate
  readonly clock?: Clock
  /** The last calls on the wire, where this process has a door. */
  readonly traceOf?: TraceOf
  /** What is still missing until calls can be taken, for /readyz. */
  readonly missing?: () => readonly string[]
  /** Where the built softphone is. */
  readonly softphoneDir?: string
}

/** The selector as a part of a process: admin listener, and the handler for the public one. */
export interface Selector extends Part {
  /** Answers the HTTP requests of the public listener that are no WebSocket. */
  readonly onPublicRequest: (request: IncomingMessage, response: ServerResponse) => void
  /** Agents' credentials, for the registrar. */
  readonly credentials: Credentials
  /** Where other parts of the process add their metrics. */
  readonly registry: Metrics['registry']
  /** Shows a new certificate on an admin listener that has one. Throws when it cannot be used. */
  setCertificate(certificate: Certificate): void
  /** URL of the admin listener, once started. */
  adminUrl(): string
}

/** Composes the selector. `start` opens the admin listener and rejects with `E_PORT_IN_USE`, `E_LISTEN` or `E_CONFIG`. */
export function createSelector(options: SelectorOptions): Selector {
  const { config, store, log, certificate, clock = systemClock } = options
  const metrics = createMetrics({ store })
  const credentials = credentialsOf(options, clock)
  const dialler = diallerOf(options, clock)
  const publicApp = publicAppOf(options, credentials, dialler, clock)
  let server: ServerType | undefined

  async function start(): Promise<void> {
    const { token, file } = await ensureAdminToken(config)
    const app = adminAppOf(options, token, metrics, dialler, clock)
    addProcessMetrics(metrics.registry)
    server = serverOf(app.fetch, config, certificate)
    await openServer(server, { setting: 'listen.admin', ...config.listen.admin })
    log.info('selector.listening', { url: adminUrl(), ...(file && { tokenFile: file }) })
  }

  async function stop(): Promise<void> {
    const closing = server
    server = undefined
    metrics.registry.clear()
    if (closing?.listening) await closeServer(closing)
  }

  function adminUrl(): string {
    const { admin } = config.listen
    return `${isLoopback(admin.host) ? 'http' : 'https'}://${hostPortOf(server, admin)}`
  }

  const listener = getRequestListener(publicApp.fetch)
  return {
    name: 'selector',
    start,
    stop,
    onPublicRequest: (request, response) => void listener(request, response),
    credentials,
    registry: metrics.registry,
    setCertificate({ cert, key }) {
      if (server !== undefined && 'setSecureContext' in server) {
        server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' })
      }
    },
    adminUrl,
  }
}

/** By what media servers are chosen. */
export function policyOf({ utilisation, fleet: { rho, zone, spillAt, slowStart: ramp } }: Config): Policy {
  return {
    utilisation,
    rho,
    ...(zone !== undefined && { zone }),
    spillAt,
    ...(ramp.windowMs > 0 && { ramp }),
  }
}

/** What shows where an agent waits while Redis is away; undefined without a secret for it. */
export function pinTokensOf(
  { fleet: { name: fleet, pinSecret } }: Config,
  clock: Clock,
): PinTokens | undefined {
  return pinSecret === undefined ? undefined : createPinTokens({ secret: pinSecret, fleet, clock })
}

/** The digest realm of the agents. */
export function realmOf({ agents }: Config): string {
  return agents.realm ?? agents.domain
}

function credentialsOf({ config, store }: SelectorOptions, clock: Clock): Credentials {
  return createCredentials({
    store,
    realm: realmOf(config),
    ttlSec: config.agents.credentialTtlSec,
    clock,
  })
}

/** What a desk for the numbers that agents dial goes by. */
export function dialDeskOptions(
  { dialOut }: Config,
  store: DialDeskOptions['store'],
  clock: Clock,
): DialDeskOptions {
  const { prefixes, callsPerAgent: calls, callsPerHourPerAgent: callsPerHour, groups, aliases } = dialOut
  const policy = { prefixes, calls, callsPerHour, groups, aliases }
  return { store, policy, ringMs: dialOut.ringMs, keepMs: dialOut.keepSec * 1000, clock }
}

function diallerOf({ config, store, actions, log }: SelectorOptions, clock: Clock): Dialler {
  const { domain, holdMs } = config.agents
  return createDialler({ ...dialDeskOptions(config, store, clock), store, actions, domain, holdMs, log })
}

function nailUpOf({ config, store, actions, log }: SelectorOptions, clock: Clock): NailUp {
  return createNailUp({
    store,
    actions,
    domain: config.agents.domain,
    ringMs: config.agents.ringMs,
    reservationMs: config.agents.ringMs + config.reservations.ttlMs,
    clock,
    chance: Math.random,
    log,
  })
}

function adminAppOf(
  options: SelectorOptions,
  token: string,
  metrics: Metrics,
  dialler: Dialler,
  clock: Clock,
): ReturnType<typeof createAdminApp> {
  const { config, store, actions, log, missing, traceOf, registration } = options
  const pinTokens = pinTokensOf(config, clock)
  return createAdminApp({
    store,
    token,
    realm: realmOf(config),
    reservationMs: config.reservations.ttlMs,
    maxBodyBytes: config.limits.requestBodyBytes,
    askConference: (media, conference) => actions.members(media, conference),
    dialler,
    nailUp: nailUpOf(options, clock),
    clock,
    log,
    metrics,
    ...(missing && { missing }),
    ...(traceOf && { traceOf }),
    ...(registration && { registration }),
    ...(pinTokens && { pinTokens }),
  })
}

function publicAppOf(
  { config, store, log, softphoneDir = builtSoftphone() }: SelectorOptions,
  credentials: Credentials,
  dialler: Dialler,
  clock: Clock,
): ReturnType<typeof createPublicApp> {
  const { advertise, path } = config.listen.public
  return createPublicApp({
    credentials,
    dialler,
    store,
    throttle: createLoginThrottle({
      perAddress: config.limits.loginsPerMinutePerAddress,
      free: config.limits.loginGuesses,
      clock,
    }),
    domain: config.agents.domain,
    ...(advertise && { wssUrl: `wss://${advertise.host}:${advertise.port}${path}` }),
    wssPath: path,
    iceServers: config.agents.iceServers,
    now: () => clock.wall(),
    softphoneDir,
    maxBodyBytes: config.limits.requestBodyBytes,
    log,
    addressOf: c => getConnInfo(c).remote.address ?? 'unknown',
  })
}

/** `dist/softphone`, seen from the source as well as from `dist/selector`. */
function builtSoftphone(): string {
  const here = fileURLToPath(import.meta.url)
  return fileURLToPath(new URL(here.endsWith('.ts') ? '../dist/softphone' : '../softphone', import.meta.url))
}

type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch']

function serverOf(fetch: Fetch, config: Config, certificate: Certificate | undefined): ServerType {
  const limits = { maxHeaderSize: 16_384, headersTimeout: config.limits.headersMs, requestTimeout: 30_000 }
  if (isLoopback(config.listen.admin.host)) {
    return createAdaptorServer({ fetch, createServer: createHttpServer, serverOptions: limits })
  }
  if (certificate === undefined) {
    throw new PorticoError('E_CONFIG', 'listen.admin.host: off loopback it needs tls.cert and tls.key')
  }
  const { cert, key } = certificate
  const serverOptions = { ...limits, cert, key, minVersion: 'TLSv1.2' as const }
  return createAdaptorServer({ fetch, createServer: createHttpsServer, serverOptions })
}
