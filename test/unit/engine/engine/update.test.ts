import t from 'tap'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import { rackFor } from '../../../../engine/message/rack.ts'
import { answeredCall, enginePair, hangUp, sdp, type EnginePair } from '../../../support/engine-pair.ts'

const reliable: HeaderLine = ['Require', '100rel']

/** A call whose offer was answered reliably while it rings. */
async function earlyCall(): Promise<
  EnginePair & { readonly dialog: string; readonly invite: string; readonly answer: () => void }
> {
  const pair = await enginePair()
  const { a, b, deliver } = pair
  const headers: readonly HeaderLine[] = [...sdp.headers, ['Supported', '100rel']]
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp, headers })
  deliver()
  const invite = b.take('request').transaction
  b.engine.respond(invite, { status: 183, ...sdp, headers: [...sdp.headers, reliable] })
  deliver()
  const { response, dialog = '' } = a.take('response')
  return {
    ...pair,
    dialog,
    invite,
    answer() {
      a.engine.request({ method: 'PRACK', dialog, headers: [['RAck', rackFor(response) ?? '']] })
      deliver()
      b.engine.respond(b.take('request').transaction, { status: 200 })
      deliver()
      a.take('response')
    },
  }
}

function confirm(pair: EnginePair & { readonly invite: string; readonly dialog: string }): void {
  const { a, b, deliver, invite, dialog } = pair
  b.engine.respond(invite, { status: 200 })
  deliver()
  a.take('response')
  a.engine.ack(dialog)
  deliver()
  b.take('ack')
  hangUp(pair, dialog)
}

t.test('an UPDATE crosses an early dialog in both directions once the offer was answered', async t => {
  const pair = await earlyCall()
  const { a, b, deliver, dialog, answer, rest } = pair
  answer()
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    t.equal(from.engine.request({ method: 'UPDATE', dialog, ...sdp }).ok, true)
    deliver()
    const told = to.take('request')
    t.equal(told.dialog, dialog)
    to.engine.respond(told.transaction, { status: 200, ...sdp })
    deliver()
    t.equal(from.take('response').response.status, 200)
  }
  confirm(pair)
  rest(t)
})

t.test('an offer before the answer to the first one ends here on either side', async t => {
  const pair = await earlyCall()
  const { b, deliver, dialog, answer, trace, rest } = pair
  const wire = trace()
  b.engine.request({ method: 'UPDATE', dialog, ...sdp })
  deliver()
  t.equal(b.take('response').response.status, 491, 'ours is refused without being sent')
  t.strictSame(wire, [])
  answer()
  confirm(pair)
  rest(t)
})

t.test('UPDATEs with offers that cross each other are refused by both', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'UPDATE', dialog, ...sdp })
  b.engine.request({ method: 'UPDATE', dialog, ...sdp })
  deliver()
  t.equal(a.take('response').response.status, 491)
  t.equal(b.take('response').response.status, 491)
  t.equal(a.left('request') + b.left('request'), 0)
  hangUp(pair, dialog)
  rest(t)
})

t.test('UPDATEs without offers may cross each other', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'UPDATE', dialog })
  b.engine.request({ method: 'UPDATE', dialog })
  deliver()
  for (const side of [a, b]) side.engine.respond(side.take('request').transaction, { status: 200 })
  deliver()
  for (const side of [a, b]) t.equal(side.take('response').response.status, 200)
  hangUp(pair, dialog)
  rest(t)
})

t.test('a second UPDATE before the answer to the first is to come later', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'UPDATE', dialog })
  a.engine.request({ method: 'UPDATE', dialog })
  deliver()
  const { response } = a.take('response')
  t.equal(response.status, 500)
  t.match(response.headers.get('retry-after'), /^([1-9]|10)$/)
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  t.equal(b.left('request'), 0)
  t.equal(a.take('response').response.status, 200)
  hangUp(pair, dialog)
  rest(t)
})

t.test('a re-INVITE and an UPDATE with an offer exclude each other', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'UPDATE', dialog, ...sdp })
  b.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  t.equal(b.take('response').response.status, 491, 'a has an offer of its own open')
  t.equal(a.take('response').response.status, 491, 'so has b')
  a.engine.request({ method: 'UPDATE', dialog, ...sdp })
  deliver()
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  t.equal(a.take('response').response.status, 491, 'nor two of the same side')
  b.engine.respond(b.take('request').transaction, { status: 488 })
  deliver()
  t.equal(a.take('response').response.status, 488)
  hangUp(pair, dialog)
  rest(t)
})
