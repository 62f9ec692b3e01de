// M3: what a Manager Interface says is bounded and never believed to be more than text: nonsense ends the connection, the next one
// counts anew, and nothing but the message is touched.
import t, { type Test } from 'tap'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { createFleetCollector } from '../../../selector/ami/fleet-collector.ts'
import type { Load } from '../../../selector/domain/media-server.ts'
import { createMemoryStore } from '../../../selector/store/memory/store.ts'
import { block, FakeAmi } from '../../support/fake-ami.ts'
import { mediaServer } from '../../support/fleet.ts'
import { within } from '../../support/attack/time.ts'

interface Scene {
  readonly ami: FakeAmi
  readonly load: () => Promise<Load | undefined>
  /** Whether the counters come to show that many agents. */
  readonly shows: (waiting: number) => Promise<boolean>
}

/** A collector of a Manager Interface with one agent, reconciled. */
async function scene(t: Test): Promise<Scene> {
  const ami = new FakeAmi()
  ami.channels = [agent('1')]
  await ami.start()
  const store = createMemoryStore({
    policy: { utilisation: 'expected', rho: 0.7 },
    clock: systemClock,
    log: silentLog,
  })
  await store.servers.put(mediaServer('ms-1', { ami: ami.address }))
  const collectors = createFleetCollector({
    store,
    holder: 'test',
    clock: systemClock,
    chance: () => 0.02,
    log: silentLog,
  })
  await collectors.start()
  t.teardown(async () => {
    await collectors.stop()
    await ami.stop()
  })
  const load = async (): Promise<Load | undefined> => (await store.ledger.candidates())[0]?.load
  const shows = (waiting: number): Promise<boolean> =>
    within(5_000, async () => {
      const now = await load()
      return now?.reconciled === true && now.waiting === waiting
    })
  if (!(await shows(1))) throw new Error('the collector did not begin')
  return { ami, load, shows }
}

const agent = (id: string) => ({ uniqueid: id, account: 'agent:c-1', conference: `agt-${id}` })
const logins = ({ ami }: Scene): number =>
  ami.actions.filter(action => action.get('action')?.toLowerCase() === 'login').length
const many = (count: number): readonly (readonly [string, string])[] =>
  Array.from({ length: count }, (_, n) => [`H${n}`, 'x'] as const)

for (const [name, garbage] of [
  ['a line without an end', 'x'.repeat(300_000)],
  ['a message without an end', 'Key: value\r\n'.repeat(30_000)],
  [
    'a value of more than 8 KiB',
    block([
      ['Event', 'X'],
      ['Data', 'x'.repeat(8_193)],
    ]),
  ],
  ['more than 128 headers', block([['Event', 'X'], ...many(128)])],
] as const) {
  t.test(`after ${name} the connection is made anew, and counts what there is`, async t => {
    const stage = await scene(t)
    const before = logins(stage)
    // Nobody tells of this one but the list.
    stage.ami.channels.push(agent('2'))
    stage.ami.send(garbage)
    t.ok(await stage.shows(2))
    t.equal(logins(stage), before + 1)
  })
}

t.test('what is just not too much is read', async t => {
  const stage = await scene(t)
  const before = logins(stage)
  stage.ami.send(block([['Event', 'X'], ['Data', 'x'.repeat(8_192)], ...many(126)]))
  stage.ami.join(agent('2'))
  t.ok(await stage.shows(2))
  t.equal(logins(stage), before)
})

t.test('no name of a header reaches anything but its message', async t => {
  const stage = await scene(t)
  const own = Object.getOwnPropertyNames(Object.prototype).length
  for (const name of [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '__defineGetter__',
  ]) {
    for (const value of ['x', 'polluted=1', '{"polluted":1}', 'a: b: c']) {
      stage.ami.send(
        block([
          ['Event', 'X'],
          [name, value],
          [name, value],
          ['Variable', `${name}=${value}`],
        ]),
      )
    }
  }
  stage.ami.send(
    block([
      ['Event', '__proto__'],
      ['ActionID', 'constructor'],
      ['Uniqueid', '__proto__'],
    ]),
  )
  stage.ami.join(agent('__proto__'))
  stage.ami.join(agent('constructor'))
  t.ok(await stage.shows(3))
  t.equal(logins(stage), 1)
  t.notOk('polluted' in {} || 'event' in {})
  t.equal(Object.getOwnPropertyNames(Object.prototype).length, own)
})

t.test('a value may hold what separates names from values', async t => {
  const stage = await scene(t)
  stage.ami.event('ConfbridgeJoin', [
    ['CallerIDName', 'Uniqueid: 9'],
    ['Conference', 'agt-3'],
    ['Uniqueid', '3'],
    ['AccountCode', 'agent:c-3'],
  ])
  t.ok(await stage.shows(2))
  t.match(await stage.load(), { waiting: 2, channels: 2 })
})

t.test('an event cannot pass for the library’s own', async t => {
  const stage = await scene(t)
  for (const name of [
    'rawevent',
    'error',
    'close',
    'connect',
    'end',
    'newListener',
    'removeListener',
    'asterisk',
  ]) {
    stage.ami.event(name, [['ActionID', name]])
  }
  stage.ami.join(agent('2'))
  t.ok(await stage.shows(2))
  t.equal(logins(stage), 1)
})
