import t from 'tap'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import { answeredCall, enginePair, hangUp, type EnginePair } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

const subscribe = { method: 'SUBSCRIBE', uri: 'sip:bob@10.0.0.2' }
const event: HeaderLine = ['Event', 'presence']
const terminated: HeaderLine = ['Subscription-State', 'terminated;reason=timeout']
const active: HeaderLine = ['Subscription-State', 'active']

/** A subscription of a at b that b has accepted for `expires` seconds. */
async function subscribed(expires = 600): Promise<EnginePair & { readonly dialog: string }> {
  const pair = await enginePair()
  const { a, b, deliver } = pair
  a.engine.request({ ...subscribe, headers: [event, ['Expires', '3600']] })
  deliver()
  const { transaction, dialog } = b.take('request')
  t.equal(dialog, undefined)
  const answered = b.engine.respond(transaction, { status: 202, headers: [['Expires', String(expires)]] })
  deliver()
  const told = a.take('response')
  t.equal(told.dialog, answered.ok && answered.dialog, 'both know the dialog by the same id')
  return { ...pair, dialog: told.dialog ?? '' }
}

function notify({ a, b, deliver }: EnginePair, dialog: string, state: HeaderLine): void {
  t.equal(b.engine.request({ method: 'NOTIFY', dialog, headers: [event, state] }).ok, true)
  deliver()
  const told = a.take('request')
  t.equal(told.dialog, dialog)
  a.engine.respond(told.transaction, { status: 200 })
  deliver()
  t.equal(b.take('response').response.status, 200)
}

t.test(
  'the 2xx to a SUBSCRIBE opens a dialog, in which NOTIFYs go until one says that it is over',
  async t => {
    const pair = await subscribed()
    const { a, b, dialog, rest } = pair
    notify(pair, dialog, active)
    t.equal(a.engine.stats().dialogs, 1)
    notify(pair, dialog, terminated)
    t.equal(a.engine.stats().dialogs + b.engine.stats().dialogs, 0)
    t.strictSame(b.engine.request({ method: 'NOTIFY', dialog }), { ok: false, refusal: 'unknown-dialog' })
    rest(t)
  },
)

t.test('a subscription that nobody renews is forgotten, one that is renewed lives on', async t => {
  const pair = await subscribed(100)
  const { a, b, clock, deliver, dialog, rest } = pair
  clock.advance(90_000)
  a.engine.request({ method: 'SUBSCRIBE', dialog, headers: [event, ['Expires', '100']] })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, headers: [['Expires', '100']] })
  deliver()
  clock.advance(120_000)
  t.equal(a.engine.stats().dialogs + b.engine.stats().dialogs, 2)
  clock.advance(20_000)
  t.equal(a.engine.stats().dialogs + b.engine.stats().dialogs, 0)
  rest(t)
})

t.test('a dialog with two subscriptions ends with the second', async t => {
  const pair = await subscribed()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'SUBSCRIBE', dialog, headers: [['Event', 'reg']] })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  notify(pair, dialog, terminated)
  t.equal(a.engine.stats().dialogs, 1)
  b.engine.request({ method: 'NOTIFY', dialog, headers: [['Event', 'reg'], terminated] })
  deliver()
  a.engine.respond(a.take('request').transaction, { status: 200 })
  deliver()
  t.equal(a.engine.stats().dialogs + b.engine.stats().dialogs, 0)
  rest(t)
})

t.test('a NOTIFY that overtakes the 2xx opens the dialog', async t => {
  const pair = await enginePair()
  const { a, b, deliver, network, rest } = pair
  a.engine.request({ ...subscribe, headers: [event] })
  deliver()
  network.drop = ({ text }) => text.startsWith('SIP/2.0 202')
  const { transaction } = b.take('request')
  const answered = b.engine.respond(transaction, { status: 202 })
  const dialog = (answered.ok && answered.dialog) || ''
  deliver()
  network.drop = () => false
  b.engine.request({ method: 'NOTIFY', dialog, headers: [event, active] })
  deliver()
  const told = a.take('request')
  t.equal(told.dialog, dialog)
  a.engine.respond(told.transaction, { status: 200 })
  pair.clock.advance(600)
  t.equal(a.take('response').dialog, dialog, 'the 2xx is of the same dialog')
  t.equal(a.engine.stats().dialogs, 1)
  notify(pair, dialog, terminated)
  rest(t)
})

t.test('a refused or unanswered SUBSCRIBE leaves nothing', async t => {
  const { a, b, deliver, clock, network, rest } = await enginePair()
  a.engine.request({ ...subscribe, headers: [event] })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 489 })
  deliver()
  t.equal(a.take('response').response.status, 489)
  network.drop = () => true
  a.engine.request({ ...subscribe, headers: [event] })
  clock.advance(33_000)
  t.equal(a.take('response').response.status, 408)
  rest(t)
})

t.test('a SUBSCRIBE without a Contact cannot open a dialog', async t => {
  const pair = await enginePair()
  const peer = rawPeer(pair)
  peer.send(
    pair.b,
    rawRequest('SUBSCRIBE').filter(line => !line.startsWith('Contact')),
  )
  pair.deliver()
  t.strictSame(peer.statuses(), [400])
  pair.rest(t)
})

t.test(
  'a REFER inside a call is followed by NOTIFYs in the same dialog, which does not end with them',
  async t => {
    const pair = await answeredCall()
    const { a, b, deliver, dialog, rest } = pair
    a.engine.request({ method: 'REFER', dialog, headers: [['Refer-To', '<sip:c@10.0.0.3>']] })
    deliver()
    b.engine.respond(b.take('request').transaction, { status: 202 })
    deliver()
    a.take('response')
    notify(pair, dialog, terminated)
    t.equal(a.engine.stats().dialogs, 1)
    hangUp(pair, dialog)
    rest(t)
  },
)
