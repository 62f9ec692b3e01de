import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { createFleetCollector } from '../../selector/ami/fleet-collector.ts'
import type { Load } from '../../selector/domain/media-server.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import type { Store } from '../../selector/store/store.ts'
import { agentLeg, clientLeg, login } from '../support/ami-legs.ts'
import { startLab } from '../support/lab.ts'
import { inNamespace } from '../support/namespace.ts'

const clock = systemClock
const policy = { utilisation: 'expected', rho: 0.7 } as const

/** A store whose loads can be waited for. */
interface Watched {
  readonly store: Store
  /** Resolves to how many milliseconds it took until the load of a server looked like that. */
  readonly until: (server: string, looks: (load: Load) => boolean) => Promise<number>
}

function watched(): Watched {
  const told = new EventEmitter()
  const memory = createMemoryStore({ policy, clock, log: silentLog })
  const putLoad = async (server: string, load: Load, fence?: number): Promise<void> => {
    await memory.ledger.putLoad(server, load, fence)
    told.emit('word')
  }
  const store = { ...memory, ledger: { ...memory.ledger, putLoad } }
  const until: Watched['until'] = async (server, looks) => {
    const begun = performance.now()
    for (;;) {
      const found = (await store.ledger.candidates()).find(candidate => candidate.server.id === server)
      if (found?.load && looks(found.load)) return performance.now() - begun
      await once(told, 'word')
    }
  }
  return { store, until }
}

async function suite(): Promise<void> {
  const lab = await startLab('ami-test', 2)
  const [one, two] = lab.servers
  if (!one || !two) throw new Error('the lab has no two servers')
  const { store, until } = watched()
  for (const server of lab.servers) await store.servers.put(server)
  const collectors = createFleetCollector({ store, holder: 'test', clock, chance: () => 0.1, log: silentLog })
  const [link] = await login(one)
  t.teardown(async () => {
    link.stop()
    await collectors.stop()
    await lab.run('down')
  })

  t.test('idle servers are reconciled with the time of their boot', async t => {
    await collectors.start()
    for (const { id } of lab.servers) {
      await until(id, load => load.reconciled)
      const found = (await store.ledger.candidates()).find(({ server }) => server.id === id)
      t.match(found?.load, { waiting: 0, inCall: 0, clients: 0 })
      t.ok(Math.abs(clock.wall() - (found?.load?.boot ?? 0)) < 60_000)
    }
  })

  t.test('a wrong password is told apart from a server that is away', async t => {
    const [wrong, first] = await login(one, 'nonsense')
    t.match(first, { kind: 'down', error: { code: 'E_AMI_LOGIN', message: /Authentication failed/ } })
    wrong.stop()
  })

  t.test('an agent waits, a client puts it in call, and its reservation is over', async t => {
    const order = { call: 'c-1', exclude: [two.id], chance: 0, at: clock.wall(), ttlMs: 15_000 }
    t.equal((await store.ledger.reserve(order)).kind, 'chosen')
    await link.action(agentLeg('anna', 'c-1'))
    await until(one.id, load => load.waiting === 1)
    t.equal((await store.ledger.candidates()).find(({ server }) => server.id === one.id)?.reserved, 0)
    await link.action(clientLeg('anna', 'c-2'))
    await until(one.id, load => load.inCall === 1 && load.waiting === 0 && load.clients === 1)
    const shown = await link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
    const codes = shown.map(channel => channel.get('accountcode')).filter(code => code?.includes(':c-'))
    t.strictSame(new Set(codes), new Set(['agent:c-1', 'client:c-2']))
  })

  t.test('a collector that starts late counts what is there already', async t => {
    const late = watched()
    await late.store.servers.put(one)
    const part = createFleetCollector({
      store: late.store,
      holder: 'late',
      clock,
      chance: () => 0,
      log: silentLog,
    })
    await part.start()
    await late.until(one.id, load => load.reconciled && load.inCall === 1 && load.clients === 1)
    await part.stop()
    t.pass()
  })

  t.test('an agent waits again when its client hangs up', async t => {
    const shown = await link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
    const client = shown.find(channel => channel.get('accountcode') === 'client:c-2')
    await link.action({ action: 'Hangup', channel: client?.get('channel') ?? '' })
    await until(one.id, load => load.clients === 0 && load.inCall === 0 && load.waiting === 1)
    t.pass()
  })

  t.test('commas, quotes and backslashes stay inside their variable', async t => {
    const text = 'a,INJECTED=1,"b\\c" d'
    await link.action({ ...agentLeg('vera', 'c-3'), variable: { PORTICO_A: text, PORTICO_B: 'b' } })
    await until(one.id, load => load.waiting === 2)
    const shown = await link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
    const channel = shown.find(item => item.get('accountcode') === 'agent:c-3')?.get('channel') ?? ''
    const value = async (variable: string): Promise<string | undefined> =>
      (await link.action({ action: 'Getvar', channel, variable })).get('value')
    t.equal(await value('PORTICO_A'), text)
    t.equal(await value('PORTICO_B'), 'b')
    t.equal(await value('INJECTED'), '')
  })

  t.test('a killed server stops counting within a second and comes back empty', async t => {
    process.kill(one.pid, 'SIGKILL')
    const lost = await until(one.id, load => !load.reconciled)
    t.ok(lost < 1_000, `noticed after ${Math.round(lost)} ms`)
    const choice = await store.ledger.reserve({
      call: 'x',
      exclude: [],
      chance: 0,
      at: clock.wall(),
      ttlMs: 1_000,
    })
    t.match(choice, { kind: 'chosen', server: { id: two.id } })
    await lab.run('start', one.id)
    const back = await until(one.id, load => load.reconciled)
    t.ok(back < 3_000, `reconciled ${Math.round(back)} ms after the server took calls`)
    await until(one.id, load => load.waiting === 0 && load.inCall === 0 && load.channels === 0)
  })

  t.test('a hung server is noticed within six seconds and comes back', async t => {
    process.kill(two.pid, 'SIGSTOP')
    const noticed = await until(two.id, load => !load.reconciled)
    t.ok(noticed < 6_000, `${Math.round(noticed)} ms`)
    process.kill(two.pid, 'SIGCONT')
    await until(two.id, load => load.reconciled)
  })
}

if (await inNamespace(import.meta.url)) await suite()
