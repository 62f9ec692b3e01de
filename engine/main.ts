import { systemClock, type Clock } from '../runtime/clock.ts'
import { startAll } from '../runtime/lifecycle.ts'
import type { Log } from '../runtime/log.ts'
import type { ListenerAddress } from './api.ts'
import type { ControlLimits, ControlOptions } from './control/control-options.ts'
import { createControl } from './control/server.ts'
import { createEngine } from './engine.ts'
import type { MessageLimits } from './message/limits.ts'
import { createLoadMeter } from './observe/load-meter.ts'
import { messageCounts } from './observe/message-counts.ts'
import { createMetrics, type Metrics } from './observe/metrics.ts'
import { tapped, type Tap } from './observe/tapped.ts'
import type { EngineLimits } from './options.ts'
import { randomHex } from './random.ts'
import type { Certificate, TransportLimits, WsOptions } from './transport/transport-options.ts'
import type { ListenerOptions, Transports } from './transport/transport.ts'
import { createTransports } from './transport/transports.ts'

/** What `startEngineProcess` needs. */
export interface EngineProcessOptions {
  readonly listeners: readonly ListenerOptions[]
  /** Needed when a listener is `tls` or `wss`. */
  readonly tls?: Certificate
  /** Of `ws` and `wss` listeners. A loopback listener for relayed agents needs `allowMissingOrigin`. */
  readonly ws?: Partial<WsOptions>
  readonly control: Pick<ControlOptions, 'host' | 'port' | 'secret' | 'tls' | 'cdrs' | 'hangUpAfterMs'>
  readonly limits?: {
    readonly transport?: Partial<TransportLimits>
    readonly engine?: Partial<EngineLimits>
    readonly message?: Partial<MessageLimits>
    readonly control?: Partial<ControlLimits>
  }
  /** See every message; `stopped` is called after the last one. */
  readonly taps?: { readonly all: readonly Tap[]; readonly stopped: () => void }
  /** Where engine and sockets count; default: nowhere. */
  readonly metrics?: Metrics
  readonly clock?: Clock
  readonly log: Log
}

/** A running engine with its control port. */
export interface EngineProcess {
  readonly listeners: readonly ListenerAddress[]
  readonly control: { readonly host: string; readonly port: number }
  /** The control port over TLS. */
  readonly secureControl?: { readonly host: string; readonly port: number }
  /** Shows a new certificate to applications that come over TLS from now on. Throws `E_LISTEN`; the old one stays then. */
  readonly setCertificate: (certificate: Certificate) => void
  readonly stop: () => Promise<void>
}

/** The version of drachtio-server whose protocol the control port speaks. */
export const controlVersion = 'v0.9.5'

/** The engine alone, for drachtio applications. Rejects with `E_PORT_IN_USE` or `E_LISTEN`, and then nothing is left open. */
export async function startEngineProcess(options: EngineProcessOptions): Promise<EngineProcess> {
  const { control, limits = {}, clock = systemClock, log } = options
  const { metrics = createMetrics() } = options
  const transports = openSockets(options, metrics, clock)
  const engine = createEngine({
    transports,
    clock,
    random: randomHex,
    // A drachtio-server sends 100 at once, and what is built on it may wait for that.
    limits: { tryingMs: 0, ...limits.engine },
    ...(limits.message !== undefined && { messageLimits: limits.message }),
    // What the application or the targets of its proxying understand is not for us to know.
    extensions: 'any',
    metrics,
    load: createLoadMeter(clock),
    log,
  })
  const port = createControl({
    engine,
    ...control,
    version: controlVersion,
    clock,
    ...(limits.control !== undefined && { limits: limits.control }),
    log,
  })
  const stop = await startAll(
    [{ name: 'engine', start: () => engine.start(), stop: () => engine.stop() }, port],
    (part, cause) => log.warn('engine.stop-failed', { part, cause }),
  )
  const secure = port.tlsAddress()
  return {
    listeners: engine.listeners(),
    control: port.address(),
    ...(secure !== undefined && { secureControl: secure }),
    setCertificate: certificate => port.renewCertificate(certificate),
    stop,
  }
}

/** Every socket but those of the control port, with what sees the messages that pass through them. */
function openSockets(options: EngineProcessOptions, metrics: Metrics, clock: Clock): Transports {
  const { listeners, tls, ws, limits = {}, taps, log } = options
  const sockets = createTransports({
    listeners,
    ...(tls !== undefined && { tls }),
    ...(ws !== undefined && { ws }),
    ...(limits.transport !== undefined && { limits: limits.transport }),
    metrics,
    clock,
    log,
  })
  return tapped(sockets, [messageCounts(metrics), ...(taps?.all ?? [])], taps?.stopped)
}
