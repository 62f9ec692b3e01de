import t from 'tap'
import { answeredCall, enginePair, hangUp, sdp } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

t.test(
  'under load OPTIONS is refused first, then REGISTER, then new calls, and what belongs to a call last',
  async t => {
    const pair = await answeredCall({ limits: { transactions: 20 } })
    const { b, deliver, clock, dialog, rest } = pair
    const peer = rawPeer(pair)
    clock.advance(40_000)
    t.equal(b.engine.stats().transactions, 0)
    let n = 0
    const one = (method: string): void =>
      peer.send(b, rawRequest(method, { branch: `z9hG4bK${++n}`, callId: `c${n}` }))
    for (let i = 0; i < 14; i++) one('MESSAGE')
    one('OPTIONS')
    for (let i = 0; i < 2; i++) one('REGISTER')
    one('REGISTER')
    one('INVITE')
    one('INVITE')
    one('INVITE')
    deliver()
    t.strictSame(peer.statuses(), [503, 503, 503], 'OPTIONS at 14, REGISTER at 16, INVITE at 18 of 20')
    t.match(peer.got()[0]?.headers.get('retry-after'), /^\d+$/)
    t.equal(b.engine.stats().transactions, 18)
    t.strictSame(b.engine.request({ method: 'OPTIONS', uri: 'sip:10.0.0.1' }), {
      ok: false,
      refusal: 'overloaded',
    })
    while (b.left('request') > 0) b.engine.respond(b.take('request').transaction, { status: 480 })
    t.equal(b.engine.request({ method: 'INFO', dialog }).ok, true)
    hangUp(pair, dialog)
    rest(t)
  },
)

t.test('a full engine still lets a call end, from either side', async t => {
  const pair = await answeredCall({ limits: { transactions: 2 } })
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'INFO', dialog })
  deliver()
  t.strictSame(a.engine.request({ method: 'INFO', dialog }), { ok: false, refusal: 'overloaded' })
  t.equal(b.engine.stats().transactions, 2)
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  a.take('response')
  hangUp(pair, dialog)
  rest(t)
})

t.test('no more calls than dialogs are allowed', async t => {
  const pair = await answeredCall({ limits: { dialogs: 1 } })
  const { b, deliver, dialog, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE'))
  deliver()
  t.strictSame(peer.statuses(), [503])
  t.strictSame(b.engine.request({ method: 'INVITE', uri: 'sip:c@10.0.0.9' }), {
    ok: false,
    refusal: 'overloaded',
  })
  hangUp(pair, dialog)
  rest(t)
})

t.test('one address cannot take all places', async t => {
  const pair = await enginePair({ limits: { perSource: 2 } })
  const { a, b, deliver, rest } = pair
  const peer = rawPeer(pair)
  for (let n = 0; n < 3; n++) peer.send(b, rawRequest('MESSAGE', { branch: `z9hG4bK${n}`, callId: `c${n}` }))
  a.engine.request({ method: 'MESSAGE', uri: 'sip:10.0.0.2', ...sdp })
  deliver()
  t.strictSame(peer.statuses(), [503])
  t.equal(b.left('request'), 3)
  while (b.left('request') > 0) b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

t.test('a flood of INVITEs that are never acknowledged leaves nothing behind', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  for (let n = 0; n < 300; n++) peer.send(b, rawRequest('INVITE', { branch: `z9hG4bK${n}`, callId: `c${n}` }))
  deliver()
  while (b.left('request') > 0) {
    const { transaction } = b.take('request')
    b.engine.respond(transaction, {
      status: Number.parseInt(transaction.slice(-1), 36) % 2 === 0 ? 200 : 486,
    })
  }
  // 64·T1 for the ACK, as long again for the BYE that nobody answers.
  pair.clock.advance(32_000)
  rest(t)
})

t.test('stopping forgets everything at once', async t => {
  const { a, b, clock } = await answeredCall()
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp })
  clock.advance(20)
  await a.engine.stop()
  await b.engine.stop()
  t.match(a.engine.stats(), { transactions: 0, dialogs: 0, legs: 0, timers: 0 })
  t.match(b.engine.stats(), { transactions: 0, dialogs: 0, legs: 0, timers: 0 })
  t.equal(clock.pending, 0)
})
