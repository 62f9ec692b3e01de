import { loadCertificate } from '../config/certificate.ts'
import type { Config } from '../config/schema.ts'
import { startEngineProcess, type EngineProcess } from '../engine/main.ts'
import { createMetrics, type Metrics } from '../engine/observe/metrics.ts'
import type { ListenerOptions } from '../engine/transport/transport.ts'
import { engineLimits, hepCapture, messageLimits, sipListeners } from '../proxy/signalling.ts'
import { systemClock } from '../runtime/clock.ts'
import { PorticoError } from '../runtime/errors.ts'
import { createLog } from '../runtime/log.ts'
import { createMetricsServer, type MetricsServer } from '../selector/http/metrics-server.ts'
import { followCertificate } from './follow-certificate.ts'

/** The engine with what stands around it in a process of its own. */
export interface EngineAlone extends EngineProcess {
  readonly metricsUrl: string
}

/** Starts engine, control port and metrics. Rejects with `E_CONFIG`, or with the error of the first part that cannot start. */
export async function startEngine(config: Config): Promise<EngineAlone> {
  const { host, port, secret, tlsPort, cdrs } = config.signalling.drachtio
  if (secret === undefined) {
    const step = 'set it to the secret that the applications give'
    throw new PorticoError('E_CONFIG', `signalling.drachtio.secret: portico engine needs it; ${step}`)
  }
  const { messageBytes, connections } = config.limits
  const log = createLog(config.log.level)
  const hep = hepCapture(config, systemClock, log)
  const certificate = tlsPort === undefined ? undefined : await loadCertificate(config)
  const metrics = createMetrics()
  const engine = await startEngineProcess({
    listeners: [...sipListeners(config), relayListener(config)],
    // Only doors connect there: they are no browsers, and one brings the connections of all its agents.
    ws: { allowMissingOrigin: true },
    control: {
      host,
      port,
      secret,
      cdrs,
      ...(certificate && { tls: { host, port: tlsPort ?? 0, certificate } }),
    },
    limits: {
      transport: { ...fromDoors, messageBytes, connections, connectionsPerAddress: connections },
      engine: engineLimits(config),
      message: messageLimits(config),
    },
    ...(hep && { taps: { all: [hep.tap], stopped: () => hep.stop() } }),
    metrics,
    log,
  })
  const shown = await showMetrics(config, metrics).catch(async (cause: unknown) => {
    await engine.stop()
    throw cause
  })
  const stopFollowing = certificate && followCertificate(config, certificate, [engine], log)
  return {
    ...engine,
    metricsUrl: shown.url(),
    async stop() {
      stopFollowing?.()
      await shown.stop()
      await engine.stop()
    },
  }
}

async function showMetrics({ listen }: Config, metrics: Metrics): Promise<MetricsServer> {
  const listening = { setting: 'listen.metrics', ...listen.metrics }
  const server = createMetricsServer({ listening, families: metrics.families() })
  await server.start()
  return server
}

/** A door that starts again brings all its agents at once. */
const fromDoors = { connectsPerSecondPerAddress: 0, handshakesPerSecond: 0, upgradesPerSecond: 0 }

function relayListener({ listen: { relay } }: Config): ListenerOptions {
  return { name: 'relay', transport: 'ws', host: relay.host, port: relay.port }
}
