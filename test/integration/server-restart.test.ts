// A media server that an administrator stops gracefully and starts again, under a whole front door with agents of its own.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog as log } from '../../runtime/log.ts'
import type { Decision } from '../../selector/domain/decision.ts'
import { considered } from '../../selector/domain/look.ts'
import type { Candidate } from '../../selector/domain/media-server.ts'
import type { Policy, Ramp } from '../../selector/domain/standing.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Store } from '../../selector/store/store.ts'
import type { LabServer } from '../support/lab.ts'
import { inNamespace } from '../support/namespace.ts'
import { areTrue } from '../support/true-counts.ts'
import { startWorld, until } from '../support/world.ts'

t.setTimeout(240_000)

const ramp: Ramp = { windowMs: 10_000, fromPerSec: 1, toPerSec: 10 }
const policy: Policy = { utilisation: 'expected', rho: 0.7, ramp }
const agents = ['anna', 'ben', 'carl']

async function suite(): Promise<void> {
  const world = await startWorld({
    servers: agents.length,
    store: 'redis',
    engine: 'embedded',
    settings: { fleet: { slowStart: ramp, measureRho: false } },
  })
  const { lab, client } = world
  // More than all the places of this test, so that the others are never full.
  for (const { id } of lab.servers) await client.servers.change(id, { capacity: 1_000 })
  const store = createRedisStore({ url: lab.redis, fleet: 'main', policy, clock: systemClock, log })
  await store.start()
  t.teardown(async () => {
    if (!t.passing()) for (const line of world.output) t.comment(line)
    for (const phone of phones) await phone.stop()
    await store.stop()
    await world.stop()
  })
  const phones: Awaited<ReturnType<typeof world.agent>>[] = []

  async function comes(agent: string) {
    const phone = await world.agent(agent)
    phones.push(phone)
    const call = await phone.join()
    return { call, server: await serverOf(agent) }
  }
  async function serverOf(agent: string): Promise<string | undefined> {
    const session = (await client.sessions()).find(one => one.agent === agent)
    return session?.state === 'up' ? session.server : undefined
  }

  const [anna] = [await comes('anna'), await comes('ben'), await comes('carl')]
  const own = lab.servers.find(({ id }) => id === anna.server)
  if (!own) throw new Error('anna is nowhere')
  const seen = (): Promise<Candidate> => seenOf(store, own)
  const othersWarmFor = async (): Promise<number> => {
    const others = (await store.ledger.candidates()).filter(({ server }) => server.id !== own.id)
    return systemClock.wall() - Math.max(...others.map(({ warmSince = 0 }) => warmSince))
  }

  await t.test('it drains, and says so', async t => {
    void lab.run('exec', own.id, 'core stop gracefully').catch(() => undefined)
    await until('the manager to tell', async () => (await seen()).load?.state === 'draining')
    await until('the probes to tell', async () => (await seen()).health === 'stopping')
    t.equal(await reasonOf(store, own), 'stopping')
    const { considered: shown } = await client.look({})
    t.match(
      shown.find(({ id }) => id === own.id),
      { excluded: 'stopping', state: { health: 'stopping', load: { state: 'draining' } } },
      'to operators as well',
    )
  })

  await t.test('it gets no new agents, and keeps those it has until they go', async t => {
    const choices = await reserve(store, 60, 'drain', 0)
    t.strictSame([...new Set(choices.map(serverIn))].includes(own.id), false)
    t.not((await comes('dora')).server, own.id)
    t.equal(await serverOf('anna'), own.id)
    t.match((await seen()).load, { waiting: 1, reconciled: false })
    t.match(await anna.call.ask('OPTIONS'), { status: 200 }, 'her call is alive')
  })

  await t.test('when the last agent has gone it is dead', async t => {
    t.equal(await anna.call.hangUp(), 200)
    await until('the server to be dead', async () => (await seen()).load?.state === 'dead')
    await until('its probes to fail', async () => (await seen()).health === 'down')
    t.equal(await reasonOf(store, own), 'down')
    t.match((await seen()).load, { waiting: 0, inCall: 0, clients: 0, channels: 0, reconciled: false })
  })

  await t.test('when it is back its counters are right within three seconds', async t => {
    // While half of a fleet warms up the ramp holds nobody back.
    await until('the ramps of the others to end', async () => (await othersWarmFor()) > ramp.windowMs, 15_000)
    await lab.run('start', own.id)
    const agree = (): Promise<number> =>
      until('its counters to be true', async () => areTrue((await seen()).load, own))
    const ms = await agree()
    t.ok(ms < 3_000, `right after ${Math.round(ms)} ms`)
    await until('it to be healthy', async () => (await seen()).health === 'up')
    t.equal((await comes('eva')).server, own.id, 'it has the fewest agents')
    const joinedMs = await agree()
    t.ok(joinedMs < 3_000, `right ${Math.round(joinedMs)} ms after an agent has come`)
    t.match((await seen()).load, { waiting: 1, channels: 1, state: 'known' })
  })

  await t.test('new agents come to it as the ramp has it, and never none', async t => {
    const choices = await reserve(store, 200, 'ramp', 50)
    const joins = choices.filter(choice => serverIn(choice) === own.id)
    const warmSince = joins[0]?.looked.find(({ server }) => server.id === own.id)?.warmSince ?? NaN
    const inRamp = joins.map(({ at }) => at - warmSince).filter(at => at < ramp.windowMs)
    t.ok(inRamp.length > 10, `${inRamp.length} joins in its ramp`)
    const tooSoon = inRamp.filter(
      (at, index) => at - (inRamp[index - 1] ?? -Infinity) < leastGap(inRamp[index - 1] ?? 0),
    )
    t.strictSame(tooSoon, [], 'none sooner than the ramp allows')
    const gaps = inRamp.slice(1).map((at, index) => at - (inRamp[index] ?? 0))
    t.ok(Math.max(...gaps) < 2_000, `at least one every ${Math.round(Math.max(...gaps))} ms`)
    const half = (inRamp[0] ?? 0) + ramp.windowMs / 2
    const [early, late] = [inRamp.filter(at => at < half).length, inRamp.filter(at => at >= half).length]
    t.comment(`${early} joins in the first five seconds, ${late} later`)
  })
}

/** How long the ramp holds the next join back after one at that time of it, milliseconds. */
function leastGap(at: number): number {
  return 1_000 / (ramp.fromPerSec + ((ramp.toPerSec - ramp.fromPerSec) * at) / ramp.windowMs)
}

async function seenOf({ ledger }: Store, { id }: LabServer): Promise<Candidate> {
  const found = (await ledger.candidates()).find(({ server }) => server.id === id)
  if (!found) throw new Error(`${id} is unknown`)
  return found
}

async function reasonOf({ ledger }: Store, { id }: LabServer): Promise<string | undefined> {
  const all = considered(await ledger.candidates(), policy, [], systemClock.wall())
  return all.find(one => one.id === id)?.excluded
}

/** Places for so many agents, one every `everyMs`. They are kept, so that the other servers stay loaded. */
async function reserve(
  { ledger }: Store,
  many: number,
  name: string,
  everyMs: number,
): Promise<readonly Decision[]> {
  const decisions: Decision[] = []
  for (let n = 0; n < many; n++) {
    const order = { exclude: [], chance: Math.random(), at: systemClock.wall(), ttlMs: 120_000 }
    decisions.push((await ledger.reserve({ ...order, call: `${name}-${n}` })).decision)
    await sleep(everyMs)
  }
  return decisions
}

function serverIn({ choice }: Decision): string | undefined {
  return choice.kind === 'chosen' ? choice.server : undefined
}

if (await inNamespace(import.meta.url)) await suite()
