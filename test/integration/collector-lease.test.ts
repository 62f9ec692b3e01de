// Two doors on one Redis: one of them collects from a media server; the other takes over when it dies, and what a door says that was away
// meanwhile and does not know it yet is not believed.
import { Redis } from 'ioredis'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { keysOf } from '../../selector/store/keys.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import { block, FakeAmi, type FakeChannel } from '../support/fake-ami.ts'
import { mediaServer } from '../support/fleet.ts'
import { startRedis } from '../support/redis.ts'
import { startPortico, until, type PorticoProcess } from '../support/world.ts'

t.setTimeout(120_000)
const keys = keysOf('main')
const policy = { utilisation: 'expected', rho: 0.7 } as const
const agent = (id: string): FakeChannel => ({
  uniqueid: id,
  account: `agent:c-${id}`,
  conference: `agt-${id}`,
})

/** A door process that shares that Redis; ended with the test. */
async function door(t: Test, store: string): Promise<PorticoProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'portico-lease-'))
  const anywhere = { port: 0 }
  const listen = { public: anywhere, admin: anywhere, trunk: anywhere, inside: anywhere }
  const file = join(dataDir, 'portico.yaml')
  writeFileSync(file, stringify({ dataDir, store, listen, media: { mode: 'direct' } }), { mode: 0o600 })
  const started = await startPortico('up', file)
  t.teardown(async () => {
    await started.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return started
}

t.test('a door that dies or sleeps loses its media server to another', async t => {
  const [redis, ami] = [await startRedis(), new FakeAmi()]
  ami.channels = [agent('1')]
  await ami.start()
  const raw = new Redis(redis.url)
  t.teardown(async () => {
    raw.disconnect()
    await ami.stop()
    await redis.stop()
  })
  const store = createRedisStore({
    url: redis.url,
    fleet: 'main',
    policy,
    clock: systemClock,
    log: silentLog,
  })
  await store.start()
  await store.servers.put(mediaServer('ms-1', { ami: ami.address }))
  await store.stop()
  const word = async () => {
    const [fence, waiting, reconciled] = await raw.hmget(keys.load('ms-1'), 'fence', 'waiting', 'reconciled')
    return { fence: Number(fence), waiting: Number(waiting), reconciled: reconciled === '1' }
  }
  const agents = (count: number) => async () => {
    const { waiting, reconciled } = await word()
    return reconciled && waiting === count
  }
  const one = await door(t, redis.url)
  await until('the first door to collect', agents(1))
  const [two, three] = await Promise.all([door(t, redis.url), door(t, redis.url)])
  t.equal(ami.connections, 1, 'no other door connects to the media server')
  const first = (await word()).fence
  const doors = [two, three]

  await t.test('another takes over within five seconds after kill -9', async t => {
    ami.channels.push(agent('2'))
    process.kill(one.pid, 'SIGKILL')
    const ms = await until('another door to collect', agents(2))
    t.ok(ms <= 5_000, `${Math.round(ms)} ms`)
    t.ok((await word()).fence > first)
  })

  await t.test('what the old holder says when it wakes is refused', async t => {
    const second = (await word()).fence
    t.ok(await raw.get(keys.lease('collect-ms-1')), 'somebody holds the lease')
    await until('one of the two to log that it is the one', () => doors.some(isCollecting))
    const asleep = doors.find(isCollecting)
    if (!asleep) throw new Error('no door holds the lease')
    process.kill(asleep.pid, 'SIGSTOP')
    t.teardown(() => process.kill(asleep.pid, 'SIGCONT'))
    ami.channels.push(agent('3'))
    const ms = await until('the last door to collect', agents(3))
    t.ok(ms <= 5_000, `${Math.round(ms)} ms`)
    const third = (await word()).fence
    t.ok(third > second)
    const monitor = await raw.monitor()
    t.teardown(() => monitor.disconnect())
    let tried = 0
    monitor.on('monitor', (_time: string, args: readonly string[]) => {
      if (args.includes(keys.load('ms-1')) && args.includes(String(second))) tried += 1
    })
    // Only the sleeper hears of this one.
    ami.sendToOldest(joined(agent('4')))
    process.kill(asleep.pid, 'SIGCONT')
    await until('the old holder to speak', () => tried > 0)
    await until('the old holder to give up', () => ami.connections === 1)
    t.strictSame(await word(), { fence: third, waiting: 3, reconciled: true })
  })
})

function isCollecting({ output }: PorticoProcess): boolean {
  return output.some(line => line.includes('"ami.up"'))
}

function joined({ uniqueid, account, conference = '' }: FakeChannel): string {
  return block([
    ['Event', 'ConfbridgeJoin'],
    ['Conference', conference],
    ['Uniqueid', uniqueid],
    ['AccountCode', account],
  ])
}
