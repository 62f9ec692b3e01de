/** A process with the engine and its drachtio control port, as `portico engine` runs it. */
import { startEngineProcess, type EngineProcess } from '../../engine/main.ts'
import { sipListeners } from '../../proxy/signalling.ts'
import { createLog } from '../../runtime/log.ts'
import { serve } from './remote.ts'
import { secretOf, settingsOf, type Arrangement } from './settings.ts'
import { collectGarbage, usage, type Usage } from './usage.ts'

/** What the engine's process can be asked. */
export interface EngineService {
  readonly start: (arrangement: Arrangement) => Promise<{ readonly host: string; readonly port: number }>
  readonly stop: () => Promise<void>
  readonly usage: () => Usage
  readonly collect: () => boolean
}

/** As `portico engine` has it: a door brings all its agents at once. */
const fromDoors = { connectsPerSecondPerAddress: 0, handshakesPerSecond: 0, upgradesPerSecond: 0 }

let engine: EngineProcess | undefined

serve<EngineService>({ start, stop: async () => engine?.stop(), usage, collect: collectGarbage })

async function start(arrangement: Arrangement): Promise<{ host: string; port: number }> {
  const config = settingsOf(arrangement)
  const { transactions, dialogs, messageBytes, connections } = config.limits
  engine = await startEngineProcess({
    listeners: [
      ...sipListeners(config),
      { name: 'relay', transport: 'ws', host: config.listen.relay.host, port: config.listen.relay.port },
    ],
    ws: { allowMissingOrigin: true },
    control: { host: '127.0.0.1', port: 0, secret: secretOf(config) },
    limits: {
      transport: { ...fromDoors, messageBytes, connections, connectionsPerAddress: connections },
      engine: { transactions, dialogs },
    },
    log: createLog(config.log.level),
  })
  return engine.control
}
