import t from 'tap'
import { createEvacuation, type Leg } from '../../../../proxy/call/evacuation.ts'
import { silentLog } from '../../../../runtime/log.ts'
import type { MediaServer } from '../../../../selector/domain/media-server.ts'
import type { Session } from '../../../../selector/store/store.ts'
import { mediaServer } from '../../../support/fleet.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const draining = mediaServer('ms-a', { wanted: 'draining', evacuate: true })
const agentAt = (
  agent: string,
  server: string,
  kind: Leg['call']['kind'] = 'agent',
  anchored = true,
): Leg => ({
  call: { agent, kind, anchored },
  server,
  state: { kind: 'up' },
})

/** Who was moved within a second. */
async function moved(
  legs: readonly Leg[],
  servers: readonly MediaServer[] = [draining],
  sessions: readonly Session[] = [],
): Promise<readonly string[]> {
  const clock = new ManualClock()
  const agents: string[] = []
  const evacuation = createEvacuation({
    servers: () => servers,
    calls: () => legs,
    sessions: { list: async () => sessions },
    mover: {
      move: async ({ agent }) => {
        agents.push(agent)
        return { kind: 'stayed', reason: 'no-server' }
      },
    },
    clock,
    log: silentLog,
  })
  evacuation.start()
  clock.advance(1_000)
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  evacuation.stop()
  t.equal(clock.pending, 0)
  return agents
}

t.test('agents who wait on a server that is to be emptied are moved', async t => {
  t.strictSame(await moved([agentAt('anna', 'ms-a'), agentAt('ben', 'ms-b')]), ['anna'])
})

t.test('one that only drains keeps its agents', async t => {
  t.strictSame(await moved([agentAt('anna', 'ms-a')], [mediaServer('ms-a', { wanted: 'draining' })]), [])
  t.strictSame(await moved([agentAt('anna', 'ms-a')], [{ ...draining, wanted: 'active' }]), [])
})

t.test('an agent with a client stays, also when the client came in at another door', async t => {
  const client: Session = { id: 'c', kind: 'client', agent: 'anna', state: 'up', since: 1, door: 'other' }
  const waiting = [agentAt('anna', 'ms-a'), agentAt('ben', 'ms-a')]
  t.strictSame(await moved(waiting, [draining], [client]), ['ben'])
  const dialled: Session = { ...client, kind: 'dial-out' }
  t.strictSame(await moved(waiting, [draining], [dialled]), ['ben'], 'or was dialled')
})

t.test('clients, and agents whose media is not anchored, cannot be moved by themselves', async t => {
  t.strictSame(await moved([agentAt('anna', 'ms-a', 'client'), agentAt('ben', 'ms-a', 'agent', false)]), [])
})

t.test('a few at a time', async t => {
  const many = Array.from({ length: 20 }, (_, index) => agentAt(`a${index}`, 'ms-a'))
  t.equal((await moved(many)).length, 8)
})
