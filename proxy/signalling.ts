import { hostname, networkInterfaces } from 'node:os'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Certificate } from '../config/certificate.ts'
import type { Config } from '../config/schema.ts'
import { createEngine } from '../engine/engine.ts'
import { randomHex } from '../engine/random.ts'
import type { ListenerOptions, Transports } from '../engine/transport/transport.ts'
import { createTransports } from '../engine/transport/transports.ts'
import type { Clock } from '../runtime/clock.ts'
import { PorticoError } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import { createDirectEdge } from './edge/direct/direct-edge.ts'
import { createDrachtioEdge } from './edge/drachtio/drachtio-edge.ts'
import type { SipEdge } from './ports.ts'

export interface SignallingOptions {
  readonly config: Config
  readonly certificate: Certificate
  /** Gets every HTTP request on the public port that is no WebSocket. */
  readonly onPublicRequest: (request: IncomingMessage, response: ServerResponse) => void
  readonly clock: Clock
  readonly log: Log
}

/** The edge that `signalling.engine` names, and the sockets that this process opens for it. */
export interface Signalling {
  readonly edge: SipEdge
  readonly transports: Transports
}

export function createSignalling(options: SignallingOptions): Signalling {
  const { config, clock, log } = options
  if (config.signalling.engine === 'drachtio') return drachtio(options)
  const transports = openSockets(options, [publicListener(config), ...sipListeners(config)])
  const { transactions, dialogs } = config.limits
  const engine = createEngine({
    transports,
    clock,
    random: randomHex,
    log,
    limits: { transactions, dialogs },
  })
  const edge = createDirectEdge({ engine, listeners: { inside: 'inside', trunk: 'trunk' }, log })
  return { edge, transports }
}

function drachtio(options: SignallingOptions): Signalling {
  const { config, clock, log } = options
  const { host, port, secret } = config.signalling.drachtio
  if (secret === undefined) throw new PorticoError('E_CONFIG', 'signalling.drachtio.secret: is needed')
  const transports = openSockets(options, [publicListener(config)])
  const face = config.listen.public.advertise ?? {
    host: config.agents.domain,
    port: config.listen.public.port,
  }
  const edge = createDrachtioEdge({
    host,
    port,
    secret,
    agents: { transports, face },
    clock,
    log,
    deadlineMs: config.failover.tryMs,
  })
  return { edge, transports }
}

/** The listeners for carriers and media servers, as the engine opens them. */
export function sipListeners({ listen }: Config): readonly ListenerOptions[] {
  return (['trunk', 'inside'] as const).flatMap(name => {
    const { host, port, transports, advertise } = listen[name]
    return transports.map(transport => ({ name, transport, host, port, ...(advertise && { advertise }) }))
  })
}

/** Agents are told the domain, and never on which machine the door runs. */
function publicListener({ listen, agents }: Config): ListenerOptions {
  const { host, port, advertise } = listen.public
  return {
    name: 'public',
    transport: 'wss',
    host,
    port,
    advertise: advertise ?? { host: agents.domain, port },
  }
}

function openSockets(
  { config, certificate, onPublicRequest, clock, log }: SignallingOptions,
  listeners: readonly ListenerOptions[],
): Transports {
  const { path, origins, allowMissingOrigin } = config.listen.public
  const { maxFragments, maxBufferedChunks, headersMs, pingMs } = config.limits
  return createTransports({
    listeners,
    tls: certificate,
    ws: {
      path,
      origins: origins.length > 0 ? origins : ownOrigins(config),
      allowMissingOrigin,
      maxFragments,
      maxBufferedChunks,
      headersMs,
      pingMs,
      onRequest: onPublicRequest,
    },
    limits: config.limits,
    clock,
    log,
  })
}

/** The origins that the page may have been loaded from, when nobody said which: every name and address of this machine. */
function ownOrigins({ listen, agents }: Config): readonly string[] {
  const { host, port, advertise } = listen.public
  const addresses = Object.values(networkInterfaces()).flatMap(
    list => list?.map(({ address }) => address) ?? [],
  )
  const names = ['localhost', hostname(), agents.domain, host, ...addresses]
  const origins = names.map(name => `https://${name.includes(':') ? `[${name}]` : name}:${port}`)
  if (advertise) origins.push(`https://${advertise.host}:${advertise.port}`, `https://${advertise.host}`)
  return origins
}
