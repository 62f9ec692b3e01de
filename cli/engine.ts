import type { Command } from 'commander'
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
import { configOf } from './connect.ts'
import { followCertificate } from './follow-certificate.ts'
import { untilSignal } from './signals.ts'
import type { Terminal } from './terminal.ts'

/** `portico engine`: the SIP engine alone, with its drachtio control port, until SIGINT or SIGTERM. */
export function registerEngine(program: Command, terminal: Terminal): void {
  program
    .command('engine')
    .description(
      'Run the SIP engine alone, for doors with signalling.engine: drachtio and other drachtio applications.',
    )
    .action(async (_options: object, command: Command) => {
      const engine = await startEngine(configOf(command, terminal))
      terminal.out(`metrics  ${engine.metricsUrl}`)
      terminal.out(`control  ${engine.control.host}:${engine.control.port}`)
      if (engine.secureControl !== undefined) {
        terminal.out(`control  tls ${engine.secureControl.host}:${engine.secureControl.port}`)
      }
      for (const { name, transport, bound } of engine.listeners) {
        terminal.out(`${name.padEnd(8)} ${transport} ${bound.host}:${bound.port}`)
      }
      await untilSignal()
      await engine.stop()
    })
}

/** The engine with what stands around it in a process of its own. */
interface EngineAlone extends EngineProcess {
  readonly metricsUrl: string
}

async function startEngine(config: Config): Promise<EngineAlone> {
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
