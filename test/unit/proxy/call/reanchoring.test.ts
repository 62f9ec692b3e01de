import t from 'tap'
import type { CallEvent } from '../../../../proxy/call/call.ts'
import { Reanchoring } from '../../../../proxy/call/reanchoring.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { trying, up } from './fixtures.ts'

function world(perSecond: number, count: number) {
  const clock = new ManualClock()
  const told: CallEvent[] = []
  const handle = (event: CallEvent): void => void told.push(event)
  const calls = Array.from({ length: count }, (_, n) => ({ state: { ...up, media: `m${n}` }, handle }))
  const all = [...calls, { state: trying, handle }]
  const reanchoring = new Reanchoring({ calls: () => all, perSecond, clock, log: silentLog })
  return { clock, told, lost: () => reanchoring.lost(calls.map(({ state }) => state.media)) }
}

t.test('calls whose media is lost are told, so many in a second', async t => {
  const { clock, told, lost } = world(20, 7)
  lost()
  t.strictSame(told, [
    { kind: 'media-lost', media: 'm0' },
    { kind: 'media-lost', media: 'm1' },
  ])
  clock.advance(100)
  t.equal(told.length, 4)
  clock.advance(1000)
  t.equal(told.length, 7)
})

t.test('what is lost later waits for its turn', async t => {
  const { clock, told, lost } = world(10, 1)
  lost()
  lost()
  t.equal(told.length, 1)
  clock.advance(100)
  t.equal(told.length, 2)
})
