import type { Test } from 'tap'
import type { ControlOptions } from '../../engine/control/control-options.ts'
import { createControl, type Control } from '../../engine/control/server.ts'
import { silentLog } from '../../runtime/log.ts'
import { ControlClient } from './control-client.ts'
import { FakeEngine } from './fake-engine.ts'
import { ManualClock } from './manual-clock.ts'

/** A control port on an engine without sockets, and a way to connect to it. */
export interface ControlBench {
  readonly control: Control
  readonly engine: FakeEngine
  readonly clock: ManualClock
  readonly port: number
  /** An application that has authenticated with `tags` and routed `verbs`. */
  readonly app: (verbs: readonly string[], tags?: string) => Promise<ControlClient>
}

/** Ends with the test. */
export async function controlBench(t: Test, options: Partial<ControlOptions> = {}): Promise<ControlBench> {
  const engine = new FakeEngine()
  const clock = new ManualClock()
  const control = createControl({
    engine,
    host: '127.0.0.1',
    port: 0,
    secret: 'cymru',
    version: 'v0.9.5',
    clock,
    log: silentLog,
    ...options,
  })
  await control.start()
  const { port } = control.address()
  const clients: ControlClient[] = []
  t.teardown(async () => {
    for (const client of clients) client.socket.destroy()
    await control.stop()
  })
  return {
    control,
    engine,
    clock,
    port,
    async app(verbs, tags = '') {
      const client = await ControlClient.ready(port, 'cymru', verbs, tags)
      clients.push(client)
      return client
    },
  }
}
