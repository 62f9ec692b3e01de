import t from 'tap'
import { watchDoors } from '../../../../proxy/edge/door-watch.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** A watch over what `partners` names, of which `living` shows itself; undefined: nobody can say. */
function scene(partners: readonly string[], living: readonly string[] | undefined) {
  const clock = new ManualClock()
  const told: string[] = []
  const world = { partners, living, told, asked: 0, look, end: () => undefined as void }
  world.end = watchDoors({
    async living() {
      world.asked += 1
      if (world.living === undefined) throw new Error('Redis is away')
      return world.living
    },
    flows: {
      partners: () => new Set(world.partners),
      wentSilent: door => void told.push(`${door} is silent`),
      isHeard: door => void told.push(`${door} is heard`),
      forget: door => void told.push(`${door} is forgotten`),
    },
    clock,
    log: silentLog,
  })
  async function look(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      clock.advance(2_000)
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    }
  }
  return world
}

t.test('a door that is missed twice is silent, once, and heard when it is back', async t => {
  const world = scene(['d2', 'd3'], ['d1', 'd3'])
  await world.look(1)
  t.strictSame(world.told, [])
  await world.look(3)
  t.strictSame(world.told, ['d2 is silent'])
  world.living = ['d1', 'd2', 'd3']
  await world.look(2)
  t.strictSame(world.told.slice(1), ['d2 is heard'])
})

t.test('nobody is missed while nobody can say who lives', async t => {
  const world = scene(['d2'], undefined)
  await world.look(5)
  t.strictSame(world.told, [])
  world.living = []
  await world.look(1)
  world.living = ['d2']
  await world.look(1)
  world.living = []
  await world.look(1)
  t.notOk(world.told.includes('d2 is silent'), 'who comes back a moment later than Redis was never away')
})

t.test('a door without partners asks nothing', async t => {
  const world = scene([], ['d1'])
  await world.look(5)
  t.equal(world.asked, 0)
})

t.test('what stays away, or matters no more, is forgotten', async t => {
  const world = scene(['d2', 'd3'], [])
  await world.look(3)
  world.partners = ['d2']
  await world.look(1)
  t.strictSame(world.told, ['d2 is silent', 'd3 is silent', 'd3 is forgotten'])
  await world.look(300)
  t.equal(world.told[3], 'd2 is forgotten')
})

t.test('a watch that has ended looks no more', async t => {
  const world = scene(['d2'], [])
  world.end()
  await world.look(5)
  t.equal(world.asked, 0)
})
