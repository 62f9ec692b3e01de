import t from 'tap'
import { offerAnswered } from '../../../../softphone/phone/offer-again.ts'

t.test('an offer that is accepted needs no other', async t => {
  t.strictSame(offerAnswered(200, 1, 0), { kind: 'accepted' })
})

t.test('what cannot be now is offered again in 2.1 to 4 seconds', async t => {
  for (const status of [491, 500, 503]) {
    t.strictSame(offerAnswered(status, 1, 0), { kind: 'again', afterMs: 2_100 })
    t.strictSame(offerAnswered(status, 5, 0.999), { kind: 'again', afterMs: 3_998 })
  }
})

t.test('but not for ever', async t => {
  t.strictSame(offerAnswered(500, 6, 0), { kind: 'lost' })
})

t.test('a call that the door does not know, or will not have so, is lost', async t => {
  for (const status of [403, 408, 481, 488, 603]) t.strictSame(offerAnswered(status, 1, 0), { kind: 'lost' })
})
