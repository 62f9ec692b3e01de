import { startEngineProcess } from '../../engine/main.ts'
import { createLog } from '../../runtime/log.ts'
import { engines, secret } from './testbed.ts'

/** One process per engine, named by the first argument, as one container each would be. Says `ready` when it listens. */
const wanted = engines.find(({ name }) => name === process.argv[2])
if (wanted === undefined) throw new Error(`no engine is called ${process.argv[2]}`)
await startEngineProcess({
  listeners: [{ name: 'trunk', transport: 'udp', host: wanted.address, port: 5060 }],
  control: { host: '127.0.0.1', port: wanted.controlPort, secret },
  // What the suite asks for shall be done however busy the machine is.
  limits: { engine: { shedLagMs: 60_000 } },
  log: createLog('info'),
})
process.send?.('ready')
