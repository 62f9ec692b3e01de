import t from 'tap'
import { answeredCall, enginePair, hangUp, sdp, type EnginePair } from '../../../support/engine-pair.ts'

/** A call from a to b that b has answered, and hung up before a's ACK. */
async function hungUpEarly(): Promise<EnginePair & { readonly dialog: string; readonly bye: string }> {
  const pair = await enginePair()
  const { a, b, deliver } = pair
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp })
  deliver()
  const answered = b.engine.respond(b.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const dialog = (answered.ok && answered.dialog) || ''
  const bye = b.engine.request({ method: 'BYE', dialog })
  return { ...pair, dialog, bye: bye.ok ? bye.transaction : '' }
}

t.test('a BYE before the ACK of our own 2xx leaves after that ACK', async t => {
  const { a, b, deliver, dialog, bye, trace, rest } = await hungUpEarly()
  const wire = trace()
  deliver()
  t.strictSame(wire, [], 'nothing leaves yet')
  a.take('response')
  a.engine.ack(dialog)
  deliver()
  t.strictSame(wire, ['a ACK', 'b BYE'])
  b.take('ack')
  a.engine.respond(a.take('request').transaction, { status: 200 })
  deliver()
  const told = b.take('response')
  t.equal(told.transaction, bye)
  t.equal(told.response.status, 200)
  t.equal(b.left('dialog-ended'), 0, 'the application has ended it, not the engine')
  rest(t)
})

t.test('it leaves without an ACK when none comes within 64·T1', async t => {
  const { a, b, clock, bye, rest } = await hungUpEarly()
  clock.advance(33_000)
  const { transaction } = a.take('request')
  a.engine.respond(transaction, { status: 200 })
  clock.advance(100)
  t.equal(b.take('response').transaction, bye)
  t.equal(b.left('dialog-ended'), 0)
  rest(t)
})

t.test('while it waits the call is over for the application, and for what the peer asks', async t => {
  const { a, b, deliver, dialog, rest } = await hungUpEarly()
  t.strictSame(b.engine.request({ method: 'INFO', dialog }), { ok: false, refusal: 'unknown-dialog' })
  t.strictSame(b.engine.request({ method: 'BYE', dialog }), { ok: false, refusal: 'unknown-dialog' })
  a.take('response')
  a.engine.request({ method: 'INFO', dialog })
  deliver()
  t.equal(a.take('response').response.status, 481)
  t.equal(b.left('request'), 0)
  rest(t)
})

t.test('it leaves at once when the peer hangs up too', async t => {
  const { a, b, deliver, dialog, trace, rest } = await hungUpEarly()
  a.take('response')
  const wire = trace()
  a.engine.request({ method: 'BYE', dialog })
  deliver()
  t.equal(b.take('request').request.method, 'BYE')
  t.ok(wire.includes('b BYE'))
  t.equal(b.take('response').response.status, 481)
  rest(t)
})

t.test('nothing is left of it when the engine stops', async t => {
  const { a, b, dialog } = await hungUpEarly()
  await b.engine.stop()
  t.strictSame(b.engine.stats(), { transactions: 0, dialogs: 0, legs: 0, timers: 0 })
  a.engine.ack(dialog)
  await a.engine.stop()
})

t.test('a peer that does not know the dialog any more has ended it', async t => {
  for (const method of ['INFO', 'INVITE', 'UPDATE']) {
    const { a, b, deliver, dialog, rest } = await answeredCall()
    a.engine.request({ method, dialog })
    deliver()
    b.engine.respond(b.take('request').transaction, { status: 481 })
    deliver()
    t.equal(a.take('response').response.status, 481)
    t.equal(a.engine.stats().dialogs, 0)
    t.strictSame(a.engine.request({ method: 'BYE', dialog }), { ok: false, refusal: 'unknown-dialog' })
    b.engine.request({ method: 'BYE', dialog })
    rest(t)
  }
})

t.test('481 to a NOTIFY speaks of its subscription only', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'NOTIFY', dialog })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 481 })
  deliver()
  a.take('response')
  hangUp(pair, dialog)
  rest(t)
})
