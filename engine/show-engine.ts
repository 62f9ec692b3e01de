import { currentLevel } from './admission.ts'
import type { Core } from './core.ts'
import { single, type Metrics } from './observe/metrics.ts'

/** Shows what lives in an engine; names of drachtio-server where it has one. */
export function showEngine(core: Core, metrics: Metrics): void {
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.gauge(name, help, [], () => single(read()))
  gauge('drachtio_sofia_server_txn_hash_size', 'Transactions of peers', () => core.servers.size)
  gauge('drachtio_sofia_client_txn_hash_size', 'Transactions of our own', () => core.clients.size)
  gauge('drachtio_sofia_dialog_hash_size', 'Dialogs, early ones included', () => core.dialogs.size)
  gauge('portico_sip_calls_in_setup', 'Calls that are being set up', () => core.legs.size)
  gauge('portico_sip_timers', 'SIP timers that run', () => core.wheel.size)
  gauge('portico_shed_level', 'What is turned away: 0 nothing to 4 all but BYE', () => currentLevel(core))
  gauge('portico_loop_lag_seconds', 'How late timers ring', () => (core.load?.lagMs() ?? 0) / 1000)
  gauge('portico_heap_share', 'The heap as a share of what it may become', () => core.load?.heapShare() ?? 0)
  metrics.gauge('drachtio_stable_dialogs', 'Confirmed dialogs', ['type'], () => {
    let inbound = 0
    let outbound = 0
    for (const { isEarly, plain } of core.dialogs.values()) {
      if (isEarly) continue
      if (plain.role === 'uas') inbound += 1
      else outbound += 1
    }
    return [
      { labels: ['inbound'], value: inbound },
      { labels: ['outbound'], value: outbound },
    ]
  })
}
