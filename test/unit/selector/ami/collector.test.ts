import t from 'tap'
import { PorticoError } from '../../../../runtime/errors.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { Collector } from '../../../../selector/ami/collector.ts'
import type { AmiEnd } from '../../../../selector/ami/connection.ts'
import type { AmiLink, LinkEvent } from '../../../../selector/ami/link.ts'
import type { AmiFields, AmiMessage } from '../../../../selector/ami/message.ts'
import type { Candidate, Load } from '../../../../selector/domain/media-server.ts'
import { createMemoryStore } from '../../../../selector/store/memory/store.ts'
import type { Store } from '../../../../selector/store/store.ts'
import { load, mediaServer } from '../../../support/fleet.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

type Fields = Readonly<Record<string, string>>
const message = (fields: Fields): AmiMessage => new Map(Object.entries(fields))

/** A link that does what a test says. */
class FakeLink implements AmiLink {
  channels: Fields[] | Error = []
  readonly actions: AmiFields[] = []
  lists = 0
  proofs = 0
  stopped = false
  #generation = 0
  #listener: (event: LinkEvent) => void = () => undefined

  start(listener: (event: LinkEvent) => void): void {
    this.#listener = listener
  }
  stop(): void {
    this.stopped = true
  }
  async action(fields: AmiFields): Promise<AmiMessage> {
    this.actions.push(fields)
    return new Map()
  }
  async list(): Promise<readonly AmiMessage[]> {
    this.lists += 1
    if (this.channels instanceof Error) throw this.channels
    return this.channels.map(message)
  }
  proven(): void {
    this.proofs += 1
  }
  up(uptime = '100'): void {
    this.#generation += 1
    this.#listener({ kind: 'up', generation: this.#generation })
    if (uptime !== '') this.event({ event: 'FullyBooted', uptime })
  }
  down(end: AmiEnd = 'gone'): void {
    this.#listener({ kind: 'down', error: new PorticoError('E_AMI_CLOSED', end), end })
  }
  stopping(stopping: boolean): void {
    this.#listener({ kind: 'stopping', generation: this.#generation, stopping })
  }
  /** The mark of the last lag probe. */
  get nonce(): string {
    const probe = this.actions.findLast(({ userevent }) => userevent === 'PorticoLag')
    return typeof probe?.['nonce'] === 'string' ? probe['nonce'] : ''
  }
  event(fields: Fields): void {
    this.#listener({ kind: 'event', generation: this.#generation, message: message(fields) })
  }
}

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const join = (uniqueid: string, accountcode: string): Fields => ({
  event: 'ConfbridgeJoin',
  uniqueid,
  accountcode,
  conference: 'agt-1',
})
const listed = (uniqueid: string, accountcode: string): Fields => ({
  uniqueid,
  accountcode,
  application: 'ConfBridge',
  applicationdata: 'agt-1,x',
})

interface World {
  readonly clock: ManualClock
  readonly link: FakeLink
  readonly store: Store
  readonly words: Load[]
  readonly collector: Collector
  readonly now: () => Promise<Candidate | undefined>
}

async function world(before?: Load): Promise<World> {
  const clock = new ManualClock()
  const link = new FakeLink()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  await store.servers.put(mediaServer('ms-a'))
  if (before) await store.ledger.putLoad('ms-a', before)
  const words: Load[] = []
  const ledger = {
    ...store.ledger,
    putLoad: async (server: string, word: Load, fence?: number) => {
      words.push(word)
      await store.ledger.putLoad(server, word, fence)
    },
  }
  const collector = new Collector({ server: 'ms-a', link, ledger, fence: 1, clock, log: silentLog })
  await collector.start()
  return { clock, link, store, words, collector, now: async () => (await store.ledger.candidates())[0] }
}

t.test('a server counts once its first snapshot is there', async t => {
  const { link, now, clock } = await world()
  t.equal((await now())?.load, undefined)
  link.channels = [listed('1', 'agent:c1'), listed('2', 'client:c2')]
  link.up()
  await settled()
  t.strictSame((await now())?.load, {
    waiting: 0,
    inCall: 1,
    clients: 1,
    channels: 2,
    conferences: 1,
    takenAt: clock.wall(),
    lagMs: 0,
    boot: clock.wall() - 100_000,
    state: 'known',
    reconciled: true,
  })
  t.equal(link.proofs, 1)
})

t.test('being logged in alone is not enough', async t => {
  const { link, clock, words } = await world()
  link.up('')
  clock.advance(29_000)
  await settled()
  t.equal(link.lists, 0)
  t.strictSame(words, [])
})

t.test('events change the numbers at once, and many of them together', async t => {
  const { link, clock, words, now } = await world()
  link.up()
  await settled()
  clock.advance(100)
  link.event(join('1', 'agent:c1'))
  await settled()
  t.equal((await now())?.load?.waiting, 1)
  const before = words.length
  for (let i = 2; i < 50; i++) link.event(join(String(i), `client:c${i}`))
  await settled()
  clock.advance(99)
  await settled()
  t.equal(words.length, before)
  clock.advance(1)
  await settled()
  t.equal(words.length, before + 1)
  t.equal((await now())?.load?.clients, 48)
})

t.test('a loss is told at once, with the last numbers', async t => {
  const { link, clock, now } = await world()
  link.channels = [listed('1', 'agent:c1')]
  link.up()
  await settled()
  const takenAt = clock.wall()
  clock.advance(1_000)
  link.down()
  await settled()
  t.match((await now())?.load, { reconciled: false, waiting: 1, takenAt })
})

t.test('calls that went on during an outage are counted again, those of a killed server are not', async t => {
  const { link, clock, now } = await world()
  link.channels = [listed('1', 'agent:c1')]
  link.up()
  await settled()
  link.down()
  clock.advance(1_000)
  link.up('101')
  await settled()
  t.match((await now())?.load, { reconciled: true, waiting: 1 })
  link.down()
  link.channels = new PorticoError('E_AMI_REFUSED', 'not yet')
  clock.advance(1_000)
  link.up('0')
  link.event(join('9', 'agent:c9'))
  await settled()
  link.channels = [listed('9', 'agent:c9')]
  clock.advance(1_000)
  await settled()
  t.match((await now())?.load, { reconciled: true, waiting: 1, channels: 1, boot: clock.wall() - 1_000 })
})

t.test('a refused snapshot is asked for again', async t => {
  const { link, clock, now } = await world()
  link.channels = new PorticoError('E_AMI_REFUSED', 'Asterisk is shutting down')
  link.up()
  await settled()
  t.equal((await now())?.load, undefined)
  link.channels = []
  clock.advance(1_000)
  await settled()
  t.equal((await now())?.load?.reconciled, true)
})

t.test('a snapshot every thirty seconds corrects what events did not tell', async t => {
  const { link, clock, now } = await world()
  link.up()
  await settled()
  link.event(join('1', 'agent:c1'))
  await settled()
  clock.advance(30_000)
  await settled()
  t.equal((await now())?.load?.waiting, 0)
})

t.test('the numbers are told every two seconds, changed or not', async t => {
  const { link, clock, now } = await world()
  link.up()
  await settled()
  for (let i = 0; i < 4; i++) {
    clock.advance(2_000)
    await settled()
    t.equal((await now())?.load?.takenAt, clock.wall())
  }
})

t.test('a join ends the reservation of its call', async t => {
  const { link, clock, store, now } = await world()
  link.up()
  await settled()
  const order = { exclude: [], chance: 0, at: clock.wall(), ttlMs: 15_000 }
  for (const call of ['c1', 'c2']) await store.ledger.reserve({ ...order, call })
  t.equal((await now())?.reserved, 2)
  link.event(join('1', 'agent:c1'))
  clock.advance(100)
  await settled()
  t.match(await now(), { reserved: 1, load: { waiting: 1 } })
})

t.test('what another collector left is not taken for right while the server cannot be reached', async t => {
  const { link, now } = await world(load({ waiting: 7 }))
  t.match((await now())?.load, { waiting: 7, reconciled: true })
  link.down()
  await settled()
  t.match((await now())?.load, { waiting: 7, reconciled: false })
})

t.test('an answer that comes after the loss of its connection is dropped', async t => {
  const { link, now } = await world()
  link.up()
  link.down()
  await settled()
  t.not((await now())?.load?.reconciled, true)
})

t.test('a stopped collector writes nothing more and leaves no timer', async t => {
  const { link, clock, words, collector } = await world()
  link.up()
  await settled()
  await collector.stop()
  const before = words.length
  link.event(join('1', 'agent:c1'))
  clock.advance(60_000)
  await settled()
  t.equal(words.length, before)
  t.equal(clock.pending, 0)
  t.ok(link.stopped)
})

for (const [end, state, waiting] of [
  ['gone', 'dead', 1],
  ['absent', 'dead', 0],
  ['silent', 'hung', 1],
  ['unreachable', 'unknown', 1],
  ['refused', 'unknown', 1],
  ['stopping', 'draining', 1],
] as const) {
  t.test(`a server whose connection is ${end} is ${state}, with ${waiting} agents`, async t => {
    const { link, clock, now } = await world()
    link.channels = [listed('1', 'agent:c1')]
    link.up()
    await settled()
    link.down(end)
    await settled()
    clock.advance(100)
    t.match((await now())?.load, { state, waiting, reconciled: false })
    link.up('200')
    await settled()
    t.match((await now())?.load, { state: 'known', waiting: 1, reconciled: true })
  })
}

t.test(
  'a server that shuts down is counted on by its events, and is known again when it does not',
  async t => {
    const { link, clock, now } = await world()
    link.channels = [listed('1', 'agent:c1')]
    link.up()
    await settled()
    clock.advance(100)
    link.stopping(true)
    await settled()
    t.match((await now())?.load, { state: 'draining', waiting: 1, reconciled: false })
    link.event({ event: 'Hangup', uniqueid: '1' })
    clock.advance(100)
    await settled()
    t.match((await now())?.load, { state: 'draining', waiting: 0, reconciled: false })
    const before = link.lists
    clock.advance(60_000)
    await settled()
    t.equal(link.lists, before, 'it would refuse')
    link.channels = []
    link.stopping(false)
    await settled()
    t.match((await now())?.load, { state: 'known', waiting: 0, reconciled: true })
    t.equal(link.lists, before + 1)
  },
)

t.test('the lag is how long an event of our own takes, and the numbers are that much older', async t => {
  const { link, clock, now } = await world()
  link.up()
  await settled()
  clock.advance(2_000)
  await settled()
  const first = link.nonce
  clock.advance(150)
  link.event({ event: 'UserEvent', userevent: 'PorticoLag', nonce: 'of another door' })
  link.event({ event: 'UserEvent', userevent: 'PorticoLag', nonce: first })
  clock.advance(1_850)
  await settled()
  t.match((await now())?.load, { lagMs: 150, takenAt: clock.wall() - 150 })
  t.not(link.nonce, first)
})

t.test('after an event that cannot be, snapshots are taken every two seconds for half a minute', async t => {
  const { link, clock } = await world()
  link.up()
  await settled()
  const lists = async (ms: number): Promise<number> => {
    const before = link.lists
    for (let passed = 0; passed < ms; passed += 2_000) {
      clock.advance(2_000)
      link.event({ event: 'UserEvent', nonce: link.nonce })
      await settled()
    }
    return link.lists - before
  }
  t.equal(await lists(28_000), 0)
  link.event({ event: 'ConfbridgeLeave', uniqueid: 'never seen' })
  t.ok((await lists(28_000)) >= 13)
  await lists(10_000)
  t.ok((await lists(20_000)) <= 1)
})

t.test('a probe that does not come back is such an event, unless none ever does', async t => {
  const { link, clock } = await world()
  link.up()
  await settled()
  for (let passed = 0; passed < 28_000; passed += 2_000) {
    clock.advance(2_000)
    await settled()
  }
  t.equal(link.lists, 1)
  link.event({ event: 'UserEvent', nonce: link.nonce })
  for (let passed = 0; passed < 10_000; passed += 2_000) {
    clock.advance(2_000)
    await settled()
  }
  t.ok(link.lists > 2)
})

t.test('what a snapshot corrects counts as drift once its events had time to come', async t => {
  const { link, clock, collector } = await world()
  link.up()
  await settled()
  link.channels = [listed('1', 'agent:c1'), listed('2', 'client:c2')]
  clock.advance(30_000)
  await settled()
  t.equal(collector.counts().drift, 0)
  link.event(join('1', 'agent:c1'))
  clock.advance(2_000)
  await settled()
  t.match(collector.counts(), { drift: 1, state: 'known' }, 'the event of 1 came late, that of 2 was lost')
})
