import t from 'tap'
import { response } from '../../../../engine/message/build.ts'
import type { RequestOrder } from '../../../../proxy/ports.ts'
import { createSipCheck } from '../../../../proxy/route/sip-check.ts'
import { mediaServer } from '../../../support/fleet.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

function world() {
  const clock = new ManualClock()
  const orders: RequestOrder[] = []
  const server = mediaServer('ms-1', {})
  const check = createSipCheck({
    edge: { request: order => void orders.push(order) },
    server: id => (id === server.id ? server : undefined),
    clock,
  })
  const answer = (status: number, local = false): boolean =>
    check.take({
      kind: 'response',
      transaction: orders.at(-1)?.transaction ?? '',
      response: response(status, []),
      local,
    })
  return { check, clock, orders, answer }
}

t.test('any answer in time shows that SIP works there', async t => {
  const { check, orders, answer } = world()
  const answers = check.answers('ms-1', 400)
  t.match(orders, [{ method: 'OPTIONS', side: 'inside' }])
  t.ok(answer(503))
  t.equal(await answers, true)
  t.notOk(answer(200), 'a copy belongs to nobody')
})

t.test('none in time, or one of our own, shows that it does not', async t => {
  const { check, clock, answer } = world()
  const late = check.answers('ms-1', 400)
  clock.advance(400)
  t.equal(await late, false)
  const unreachable = check.answers('ms-1', 400)
  answer(503, true)
  t.equal(await unreachable, false)
  t.equal(await check.answers('ms-9', 400), false)
})
