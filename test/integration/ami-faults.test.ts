import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { createFleetCollector } from '../../selector/ami/fleet-collector.ts'
import type { AmiLink } from '../../selector/ami/link.ts'
import type { Load, MediaServer } from '../../selector/domain/media-server.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { Chance } from '../sim/chance.ts'
import { agentLeg, clientLeg, login } from '../support/ami-legs.ts'
import { openAmiFaultProxy } from '../support/ami-fault-proxy.ts'
import { cutOff } from '../support/firewall.ts'
import { startLab, type LabServer } from '../support/lab.ts'
import { inNamespace } from '../support/namespace.ts'
import { areTrue } from '../support/true-counts.ts'
import { until } from '../support/world.ts'

t.setTimeout(240_000)
const seed = 4

async function suite(): Promise<void> {
  const lab = await startLab('ami-faults', 3)
  const [one, two, three] = lab.servers
  if (!one || !two || !three) throw new Error('the lab has not three servers')
  const chance = new Chance(seed)
  const proxy = await openAmiFaultProxy(three.ami, () => chance.share())
  const memory = createMemoryStore({
    policy: { utilisation: 'expected', rho: 0.7 },
    clock: systemClock,
    log: silentLog,
  })
  const words: Load[] = []
  const store = {
    ...memory,
    ledger: {
      ...memory.ledger,
      putLoad: async (server: string, load: Load, fence?: number) => {
        words.push(load)
        await memory.ledger.putLoad(server, load, fence)
      },
    },
  }
  for (const server of [one, two]) await store.servers.put(server)
  await store.servers.put({ ...three, ami: { ...three.ami, host: '127.0.0.1', port: proxy.port } })
  const collectors = createFleetCollector({
    store,
    holder: 'test',
    clock: systemClock,
    chance: Math.random,
    log: silentLog,
  })
  t.teardown(async () => {
    await collectors.stop()
    await proxy.close()
    await lab.run('down')
  })
  const load = async (id: string): Promise<Load | undefined> =>
    (await store.ledger.candidates()).find(({ server }) => server.id === id)?.load

  /** How long it takes until the counters are those of Asterisk itself, in milliseconds. */
  const agree = (server: LabServer): Promise<number> =>
    until(
      `the counters of ${server.id} to be true`,
      async () => areTrue(await load(server.id), server),
      60_000,
    )

  /** The servers that calls are placed on for `ms`, and when, each counted from the start. */
  async function placed(ms: number): Promise<readonly { readonly at: number; readonly server: string }[]> {
    const choices: { at: number; server: string }[] = []
    const begun = performance.now()
    for (let call = 0; performance.now() - begun < ms; call++) {
      const order = { call: `p-${call}`, exclude: [], chance: Math.random(), at: Date.now(), ttlMs: 1_000 }
      const choice = await store.ledger.reserve(order)
      const at = performance.now() - begun
      if (choice.kind === 'chosen') choices.push({ at, server: choice.server.id })
      await store.ledger.release([order.call])
      await sleep(20)
    }
    return choices
  }

  function avoids(
    t: Test,
    choices: Awaited<ReturnType<typeof placed>>,
    server: string,
    afterMs: number,
  ): void {
    const late = choices.filter(choice => choice.server === server && choice.at > afterMs)
    t.strictSame(late, [], `nothing for ${server} later than ${afterMs} ms`)
    t.ok(choices.length > 30)
  }

  /** Traffic on a server of whose events some are lost, while others have their own faults; how long its counters were wrong after it. */
  async function loses(server: LabServer): Promise<{
    readonly ms: number
    readonly lost: number
    readonly doubled: number
  }> {
    const [link] = await login(server)
    proxy.mangle(0.05)
    await traffic(link, new Chance(seed, 'traffic'), 25_000)
    proxy.mangle(0)
    const ms = await agree(server)
    link.stop()
    return { ms, ...proxy.done }
  }

  await collectors.start()
  for (const server of lab.servers) {
    await until('the server to be known', async () => (await load(server.id))?.reconciled === true)
    await people(server, ['anna', 'bert', 'carl'])
  }
  for (const server of lab.servers) await agree(server)

  await t.test(
    'kill -9: dead at once, empty within a second, right three seconds after its return',
    async t => {
      t.match(await load(one.id), { waiting: 1, inCall: 2, clients: 2 })
      process.kill(one.pid, 'SIGKILL')
      const [choices, emptyMs] = await Promise.all([
        placed(3_000),
        until('no counters', async () => (await load(one.id))?.channels === 0),
      ])
      avoids(t, choices, one.id, 1_000)
      t.ok(emptyMs < 1_000, `empty after ${Math.round(emptyMs)} ms`)
      t.match(await load(one.id), { state: 'dead', reconciled: false, waiting: 0, inCall: 0, clients: 0 })
      await lab.run('start', one.id)
      const ms = await agree(one)
      t.ok(ms < 3_000, `right after ${Math.round(ms)} ms`)
    },
  )

  const losing = loses(three)

  await t.test('SIGSTOP for 30 s: hung within six seconds, right three seconds after SIGCONT', async t => {
    const before = await load(two.id)
    process.kill(two.pid, 'SIGSTOP')
    const choices = await placed(30_000)
    avoids(t, choices, two.id, 6_000)
    t.match(await load(two.id), { state: 'hung', reconciled: false, clients: before?.clients })
    process.kill(two.pid, 'SIGCONT')
    const ms = await agree(two)
    t.ok(ms < 3_000, `right after ${Math.round(ms)} ms`)
  })

  await t.test('core stop gracefully: draining, counted on by events, right again when aborted', async t => {
    const [link] = await login(two)
    // No command line and no action can end a leg while Asterisk shuts down: this one ends by itself.
    await link.action({ ...clientLeg('carl', 'c-carl'), channel: 'Local/brief@from-frontdoor/n' })
    link.stop()
    await until('the client', async () => (await load(two.id))?.inCall === 3)
    void lab.run('exec', two.id, 'core stop gracefully').catch(() => undefined)
    await until('the server to drain', async () => (await load(two.id))?.state === 'draining')
    await until('the client to be gone', async () => (await load(two.id))?.clients === 2)
    t.match(await load(two.id), { state: 'draining', reconciled: false, waiting: 1, inCall: 2 })
    avoids(t, await placed(1_000), two.id, 0)
    await lab.run('exec', two.id, 'core abort shutdown')
    const ms = await agree(two)
    t.ok(ms < 3_000, `right after ${Math.round(ms)} ms`)
  })

  await t.test('AMI cut by a firewall: no death is assumed, right three seconds after it opens', async t => {
    const mend = await cutOff(two.ami.host, two.ami.port)
    const choices = await placed(8_000)
    avoids(t, choices, two.id, 6_000)
    await until('the server to be unknown', async () => (await load(two.id))?.state === 'unknown')
    t.match(await load(two.id), { reconciled: false, waiting: 1, inCall: 2 })
    await lab.run('exec', two.id, 'channel request hangup all')
    await mend()
    const ms = await agree(two)
    t.ok(ms < 3_000, `right after ${Math.round(ms)} ms`)
    t.match(await load(two.id), { waiting: 0, inCall: 0, clients: 0 })
  })

  await t.test('a twentieth of the events lost and as many doubled: right after three seconds', async t => {
    const { ms, lost, doubled } = await losing
    t.ok(lost > 0 && doubled > 0, `${lost} lost, ${doubled} doubled`)
    t.ok(ms < 3_000, `right after ${Math.round(ms)} ms`)
    t.ok((collectors.counts().get(three.id)?.drift ?? 0) > 0, 'and the drift was noticed')
  })

  t.test('no counter was ever negative', async t => {
    const numbers = words.flatMap(({ waiting, inCall, clients, channels }) => [
      waiting,
      inCall,
      clients,
      channels,
    ])
    t.ok(numbers.length > 100)
    t.ok(numbers.every(number => number >= 0))
  })
}

/** These agents wait there, the first two with a client. */
async function people(server: MediaServer, agents: readonly string[]): Promise<void> {
  const [link] = await login(server)
  for (const agent of agents) await link.action(agentLeg(agent, `a-${agent}`))
  await sleep(300)
  for (const agent of agents.slice(0, 2)) await link.action(clientLeg(agent, `c-${agent}`))
  link.stop()
}

/** Agents and clients who come and go, ten times a second. */
async function traffic(link: AmiLink, chance: Chance, ms: number): Promise<void> {
  const alive: string[] = []
  const begun = performance.now()
  for (let n = 0; performance.now() - begun < ms; n++) {
    const agent = `x${chance.whole(1, 20)}`
    const id = `t-${n}`
    if (alive.length > 30 || (alive.length > 0 && chance.is(0.2))) {
      const [gone = ''] = alive.splice(chance.whole(0, alive.length - 1), 1)
      await endOf(link, gone)
    } else {
      alive.push(id)
      await link.action(chance.is(0.5) ? agentLeg(agent, id) : clientLeg(agent, id)).catch(() => undefined)
    }
    await sleep(100)
  }
}

async function endOf(link: AmiLink, id: string): Promise<void> {
  const channels = await link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
  const channel = channels.find(one => one.get('uniqueid') === id)?.get('channel')
  if (channel) await link.action({ action: 'Hangup', channel }).catch(() => undefined)
}

if (await inNamespace(import.meta.url)) await suite()
