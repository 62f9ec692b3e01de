import { hostname, networkInterfaces } from 'node:os'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Certificate } from '../config/certificate.ts'
import type { Config } from '../config/schema.ts'
import { shedLevel, type ShedLimits } from '../engine/admission.ts'
import { createEngine } from '../engine/engine.ts'
import { createHepCapture, type HepCapture } from '../engine/observe/hep.ts'
import type { MessageLimits } from '../engine/message/limits.ts'
import { createLoadMeter } from '../engine/observe/load-meter.ts'
import { messageCounts } from '../engine/observe/message-counts.ts'
import { createMetrics, type Metrics } from '../engine/observe/metrics.ts'
import { tapped } from '../engine/observe/tapped.ts'
import { createTrace, type Trace } from '../engine/observe/trace.ts'
import type { EngineLimits } from '../engine/options.ts'
import { randomHex } from '../engine/random.ts'
import type { WsOptions } from '../engine/transport/transport-options.ts'
import type { ListenerOptions, Transports } from '../engine/transport/transport.ts'
import { createTransports } from '../engine/transport/transports.ts'
import type { Clock } from '../runtime/clock.ts'
import { PorticoError } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import { createDirectEdge } from './edge/direct/direct-edge.ts'
import { createDrachtioEdge } from './edge/drachtio/drachtio-edge.ts'
import { SharedFlows } from './edge/shared-flows.ts'
import type { SipEdge } from './ports.ts'

export interface SignallingOptions {
  readonly config: Config
  readonly certificate: Certificate
  /** Gets every HTTP request on the public port that is no WebSocket. */
  readonly onPublicRequest: (request: IncomingMessage, response: ServerResponse) => void
  /** Whether an address is that of a trunk or a media server; asked where strangers are ignored. */
  readonly isServed?: (address: string) => boolean
  readonly clock: Clock
  readonly log: Log
}

/** The edge that `signalling.engine` names, and the sockets that this process opens for it. */
export interface Signalling {
  readonly edge: SipEdge
  readonly transports: Transports
  /** Shows a new certificate to agents who connect from now on. Throws `E_LISTEN` when it cannot be used; the old one stays. */
  readonly setCertificate?: (certificate: Certificate) => void
  /** Agents' connections, which doors share. */
  readonly shared: SharedFlows
  /** What engine and sockets count. */
  readonly metrics?: Metrics
  /** The last calls as they were on the wire. */
  readonly trace?: Trace
}

export function createSignalling(options: SignallingOptions): Signalling {
  const { config, clock, log } = options
  if (config.signalling.engine === 'drachtio') return drachtio(options)
  const load = createLoadMeter(clock)
  const limits = engineLimits(config)
  const isOverloaded = (): boolean =>
    shedLevel({ transactions: 0, lagMs: load.lagMs(), heap: load.heapShare() }, limits) >= 2
  const sockets = openSockets(options, [publicListener(config), ...sipListeners(config)], isOverloaded)
  const { transports, metrics } = sockets
  const shared = sharedFlows(options, transports)
  const engine = createEngine({
    transports: shared,
    clock,
    random: randomHex,
    log,
    limits,
    messageLimits: messageLimits(config),
    metrics,
    load,
  })
  const edge = createDirectEdge({ engine, listeners: { inside: 'inside', trunk: 'trunk' }, log })
  return { ...sockets, shared, edge }
}

/** The numbers of the settings that the engine itself holds to. */
export function engineLimits({ limits }: Config): Partial<EngineLimits> & ShedLimits {
  const { transactions, dialogs, transactionsPerAddress, shedLagMs, shedHeapPercent } = limits
  return {
    transactions,
    dialogs,
    perSource: transactionsPerAddress,
    shedLagMs,
    shedHeapShare: shedHeapPercent / 100,
  }
}

/** The numbers of the settings that each message is held to. */
export function messageLimits({ limits }: Config): Partial<MessageLimits> {
  const { messageBytes, lineBytes, headerLines, vias } = limits
  return { message: messageBytes, line: lineBytes, headers: headerLines, vias }
}

function drachtio(options: SignallingOptions): Signalling {
  const { config, clock, log } = options
  const { host, port, secret } = config.signalling.drachtio
  if (secret === undefined) throw new PorticoError('E_CONFIG', 'signalling.drachtio.secret: is needed')
  const sockets = openSockets(options, [publicListener(config)])
  const shared = sharedFlows(options, sockets.transports)
  const face = config.listen.public.advertise ?? {
    host: config.agents.domain,
    port: config.listen.public.port,
  }
  const edge = createDrachtioEdge({
    host,
    port,
    secret,
    agents: { transports: shared, face },
    faces: config.listen,
    clock,
    log,
    deadlineMs: config.failover.tryMs,
  })
  return { ...sockets, shared, edge }
}

function sharedFlows({ config, clock }: SignallingOptions, inner: Transports): SharedFlows {
  return new SharedFlows({ inner, listener: 'public', heldMessages: config.limits.heldMessages, clock })
}

/** The listeners for carriers and media servers, as the engine opens them. */
export function sipListeners({ listen }: Config): readonly ListenerOptions[] {
  return sipFaces.flatMap(name => {
    const { host, port, transports, advertise } = listen[name]
    return transports.map(transport => ({ name, transport, host, port, ...(advertise && { advertise }) }))
  })
}

const sipFaces = ['trunk', 'inside'] as const

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

type Sockets = Required<Omit<Signalling, 'edge' | 'shared'>>

/** Every socket of a door, with counters, trace and capture on what passes through them. */
function openSockets(
  options: SignallingOptions,
  listeners: readonly ListenerOptions[],
  isOverloaded: () => boolean = () => false,
): Sockets {
  const { config, certificate, clock, log } = options
  const metrics = createMetrics()
  const hears = hearing(options)
  const sockets = createTransports({
    listeners,
    tls: certificate,
    ws: wsOptions(options),
    limits: config.limits,
    ...(hears && { mayEnter: hears }),
    isOverloaded,
    metrics,
    clock,
    log,
  })
  const { traceCalls: calls, traceMessages: messages, traceBytes: bytes } = config.limits
  const trace = createTrace({ calls, messages, bytes }, clock, 'X-Portico-Call')
  const hep = hepCapture(config, clock, log)
  const taps = [messageCounts(metrics), ...(calls > 0 ? [trace.tap] : []), ...(hep ? [hep.tap] : [])]
  return {
    transports: tapped(sockets, taps, () => hep?.stop()),
    setCertificate: next => sockets.setCertificate(next),
    metrics,
    trace,
  }
}

function wsOptions({ config, onPublicRequest }: SignallingOptions): Partial<WsOptions> {
  const { path, origins, allowMissingOrigin } = config.listen.public
  const { maxFragments, maxBufferedChunks, headersMs, headersBytes, httpIdleMs, pingMs } = config.limits
  const { pingsPerSecond, messagesPerSecond, messagesBurst, acceptedMs } = config.limits
  return {
    path,
    origins: origins.length > 0 ? origins : ownOrigins(config),
    allowMissingOrigin,
    maxFragments,
    maxBufferedChunks,
    headersMs,
    headersBytes,
    httpIdleMs,
    pingMs,
    pingsPerSecond,
    messagesPerSecond,
    messagesBurst,
    acceptedMs,
    onRequest: onPublicRequest,
  }
}

/** Who is heard at all on the listeners for carriers and media servers; undefined: everybody. */
function hearing({
  config: { listen },
  isServed,
}: SignallingOptions): ((address: string, listener: string) => boolean) | undefined {
  const quiet = new Set(sipFaces.filter(name => listen[name].strangers === 'ignore').map(String))
  if (quiet.size === 0 || isServed === undefined) return undefined
  return (address, listener) => !quiet.has(listener) || isServed(address)
}

/** What sends copies to the capture server of the settings; undefined without one. */
export function hepCapture(
  { capture: { hep, id, password } }: Config,
  clock: Clock,
  log: Log,
): HepCapture | undefined {
  if (hep === undefined) return undefined
  const { hostname: host, port } = new URL(hep)
  const to = { host: host.replaceAll(/[[\]]/g, ''), port: Number(port), captureId: id }
  return createHepCapture(password === undefined ? to : { ...to, password }, clock, log)
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
