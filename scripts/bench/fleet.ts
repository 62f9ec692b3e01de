import type { Config } from '../../config/schema.ts'
import { every, type Clock } from '../../runtime/clock.ts'
import type { Part } from '../../runtime/lifecycle.ts'
import { ha1Of } from '../../selector/credentials.ts'
import type { Agent } from '../../selector/domain/agent.ts'
import { realmOf } from '../../selector/main.ts'
import type { Store } from '../../selector/store/store.ts'
import { password, type Arrangement } from './settings.ts'

/** The agents in the store, and one media server as its Manager Interface would tell of it: idle, and always fresh. */
export function fleet(store: Store, config: Config, { agents, server }: Arrangement, clock: Clock): Part {
  let cancel: (() => void) | undefined
  const tell = (): Promise<void> =>
    store.ledger.putLoad(id, { ...idle, takenAt: clock.wall(), boot: 1, reconciled: true })
  return {
    name: 'fleet',
    async start() {
      await store.start()
      const realm = realmOf(config)
      await Promise.all(agents.map(agent => store.agents.put(agentOf(agent, realm))))
      const ami = { host: server.host, port: 5038, username: 'portico', secret: 'unused' }
      const sip = { ...server, transport: 'udp' } as const
      await store.servers.put({ id, sip, ami, capacity: 100_000, zone: 'bench', wanted: 'active' })
      await tell()
      cancel = every(clock, 1_000, () => void tell())
    },
    async stop() {
      cancel?.()
      await store.stop()
    },
  }
}

function agentOf(agent: string, realm: string): Agent {
  return { id: agent, name: agent, ha1: ha1Of(agent, realm, password) }
}

const id = 'ms-1'
const idle = { waiting: 0, inCall: 0, clients: 0, channels: 0 }
