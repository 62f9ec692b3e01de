import t from 'tap'
import type { CallEvent } from '../../../../proxy/call/call.ts'
import { step } from '../../../../proxy/call/call-state.ts'
import { dialOut, peer, trying, withoutOffer } from './fixtures.ts'

const sdp = (content: string) => ({ type: 'application/sdp', content }) as const
const asked = { ...trying, place: peer('p1'), tried: ['p1'] }
const server = { tag: 'a', side: 'server' } as const
const carrier = { tag: 'c1-b1', side: 'carrier' } as const

function progress(status: number, content?: string): CallEvent {
  const body = content === undefined ? {} : { body: sdp(content) }
  return { kind: 'response', transaction: 'c1-b1', status, local: false, ...body }
}

const ring = [
  { kind: 'stop-timer', timer: 'try' },
  { kind: 'start-timer', timer: 'ring', ms: 180_000 },
] as const

t.test('what the place plays before it accepts goes through the media anchor to the caller', async t => {
  const [state, ...effects] = step(dialOut, asked, progress(183, 'o=early'))
  t.strictSame(effects, [
    ...ring,
    {
      kind: 'answer',
      key: 'c1-b1-early',
      exchange: { call: 'c1-b1', from: carrier, to: server, sdp: 'o=early' },
    },
  ])
  const [, ...told] = step(dialOut, state, { kind: 'media-answered', key: 'c1-b1-early', sdp: 'o=x' })
  t.strictSame(told, [{ kind: 'respond', transaction: 't-a', status: 183, body: sdp('o=x') }])
})

t.test('the same early answer is told once', async t => {
  const state = { ...asked, ringing: true, told: 183, early: 'o=early' }
  t.strictSame(step(dialOut, state, progress(183, 'o=early')), [state])
  t.strictSame(step(dialOut, state, progress(180)), [state], 'and a ringing tone would talk over it')
})

t.test('a 2xx without SDP stands for the answer that came early (RFC 3261 §13.2.1)', async t => {
  const state = { ...asked, ringing: true, early: 'o=early' }
  const accepted: CallEvent = {
    kind: 'response',
    transaction: 'c1-b1',
    status: 200,
    local: false,
    dialog: 'd-b',
  }
  const [answering] = step(dialOut, state, accepted)
  t.match(answering, { kind: 'answering', answered: 'o=early' })
})

t.test('early media that cannot be anchored ends no call', async t => {
  const state = { ...asked, ringing: true, early: 'o=early' }
  t.strictSame(step(dialOut, state, { kind: 'media-failed', key: 'c1-b1-early' }), [state])
})

for (const [status, told] of [
  [180, 180],
  [181, 181],
  [182, 182],
  [183, 183],
  [199, 183],
] as const) {
  t.test(`${status} is told as ${told}`, async t => {
    const [, ...effects] = step(dialOut, asked, progress(status))
    t.strictSame(effects, [...ring, { kind: 'respond', transaction: 't-a', status: told }])
  })
}

t.test(
  'an early offer to a caller that made none is not passed on: its PRACK could not answer it',
  async t => {
    const [, ...effects] = step(withoutOffer(dialOut), asked, progress(183, 'o=early'))
    t.strictSame(effects, [...ring, { kind: 'respond', transaction: 't-a', status: 183 }])
  },
)
