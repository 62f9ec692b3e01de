import t from 'tap'
import type { CallEvent } from '../../../../proxy/call/call.ts'
import { initial, step } from '../../../../proxy/call/call-state.ts'
import { agentCall, clientCall, late, onMs1, trying, withoutOffer } from './fixtures.ts'

const call = withoutOffer(clientCall)
const sdp = (content: string) => ({ type: 'application/sdp', content }) as const
const a = { tag: 'a', side: 'carrier', source: '198.51.100.7' } as const
const b = { tag: 'c1-b1', side: 'server' } as const
const asked = { ...trying, offered: undefined }

function answer(more: object): CallEvent {
  return { kind: 'response', transaction: 'c1-b1', status: 200, local: false, dialog: 'd-b', ...more }
}

t.test('a caller without an offer is asked for by an INVITE without one', async t => {
  const [state, ...effects] = step(call, initial, { kind: 'began' })
  t.match(state, { kind: 'trying', told: 0 })
  t.strictSame(effects, [
    { kind: 'dial', place: onMs1, branch: 'c1-b1' },
    { kind: 'start-timer', timer: 'try', ms: 2000 },
  ])
})

t.test('the offer of the place goes to the caller, and its INVITE is not acknowledged yet', async t => {
  const [state, ...effects] = step(call, asked, answer({ body: sdp('o=b') }))
  t.match(state, { kind: 'late', stage: 'offering', offer: 'o=b' })
  t.strictSame(effects.slice(2), [
    { kind: 'invite', key: 'c1-b1', exchange: { call: 'c1-b1', from: b, to: a, sdp: 'o=b' } },
  ])
  const [told, ...answered] = step(call, state, { kind: 'media-offered', key: 'c1-b1', sdp: 'o=for-a' })
  t.match(told, { kind: 'late', stage: 'waiting' })
  t.strictSame(answered, [{ kind: 'respond', transaction: 't-a', status: 200, body: sdp('o=for-a') }])
})

t.test('the answer in the ACK of the caller goes into the ACK to the place', async t => {
  const waiting = { ...late, stage: 'waiting', told: 'o=for-a' } as const
  const [state, ...effects] = step(call, waiting, { kind: 'acked', leg: 'a', body: sdp('o=a') })
  t.strictSame(effects, [
    { kind: 'answer', key: 'c1-b1', exchange: { call: 'c1-b1', from: a, to: b, sdp: 'o=a' } },
  ])
  const [up, ...last] = step(call, state, { kind: 'media-answered', key: 'c1-b1', sdp: 'o=for-b' })
  t.match(up, {
    kind: 'up',
    legs: { a: { heard: 'o=a', told: 'o=for-a' }, b: { heard: 'o=b', told: 'o=for-b' } },
  })
  t.strictSame(last, [{ kind: 'ack', dialog: 'd-b', body: sdp('o=for-b') }])
})

t.test('an agent without an offer waits on its server from then on', async t => {
  const answering = { ...late, stage: 'answering', told: 'o=x', answer: 'o=a' } as const
  const [, ...effects] = step(agentCall, answering, { kind: 'media-answered', key: 'c1-b1', sdp: 'o=y' })
  t.strictSame(effects[0], { kind: 'settle', server: 'ms-1' })
})

const dropB = [
  { kind: 'ack', dialog: 'd-b' },
  { kind: 'bye', dialog: 'd-b' },
  { kind: 'end-media', media: 'c1-b1' },
] as const

t.test('an ACK without an answer ends both dialogs', async t => {
  const [state, ...effects] = step(call, { ...late, stage: 'waiting' }, { kind: 'acked', leg: 'a' })
  t.match(state, { kind: 'over', verdict: 'refused' })
  t.strictSame(effects.slice(0, 4), [...dropB, { kind: 'bye', dialog: 'd-a' }])
})

t.test('a caller that cancels before it was answered leaves no dialog with the place', async t => {
  const [state, ...effects] = step(call, late, { kind: 'cancelled' })
  t.match(state, { kind: 'over', verdict: 'cancelled' })
  t.strictSame(effects, [...dropB, { kind: 'record', verdict: 'cancelled', status: 487 }])
})

t.test('a caller that was answered hears BYE when its media cannot be anchored', async t => {
  const answering = { ...late, stage: 'answering' } as const
  const [state, ...effects] = step(call, answering, { kind: 'media-failed', key: 'c1-b1' })
  t.match(state, { kind: 'over', verdict: 'media-failed' })
  t.strictSame(effects, [
    ...dropB,
    { kind: 'bye', dialog: 'd-a' },
    { kind: 'record', verdict: 'media-failed', status: 200 },
  ])
})

t.test('a caller that hangs up before its answer is complete is let go', async t => {
  const bye = {
    kind: 'request',
    leg: 'a',
    dialog: 'd-a',
    transaction: 't1',
    method: 'BYE',
    headers: [],
  } as const
  const [state, ...effects] = step(call, { ...late, stage: 'waiting' }, bye)
  t.match(state, { kind: 'over', verdict: 'caller-hung-up' })
  t.strictSame(effects.slice(0, 4), [...dropB, { kind: 'respond', transaction: 't1', status: 200 }])
})
