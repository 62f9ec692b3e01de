import t from 'tap'
import { emptyRoom } from '../../../../softphone/phone/conference.ts'
import { ownCallStep } from '../../../../softphone/phone/own-call-step.ts'
import { orderCall, readOwnCallNews, type OwnCall } from '../../../../softphone/phone/own-calls.ts'
import {
  isInConference,
  signedOut,
  type OwnCallEvent,
  type PhoneState,
} from '../../../../softphone/phone/phone-state.ts'
import type { Session } from '../../../../softphone/phone/session.ts'

const waiting: PhoneState = { ...signedOut, stage: { kind: 'waiting', muted: false, room: emptyRoom } }

/** The agent's own call after these events, and the kinds of all effects. */
function after(events: readonly OwnCallEvent[], start = waiting): readonly [OwnCall | undefined, string[]] {
  const kinds: string[] = []
  let state = start
  for (const event of events) {
    const [next, ...effects] = ownCallStep(state, event)
    state = next
    kinds.push(...effects.map(({ kind }) => kind))
  }
  return [isInConference(state.stage) ? state.stage.ownCall : undefined, kinds]
}

const dial = (reference = 'r1'): OwnCallEvent => ({ of: 'own-call', kind: 'dial', number: '030', reference })
const taken: OwnCallEvent = { of: 'own-call', kind: 'taken', reference: 'r1', id: 'c1' }
const drop: OwnCallEvent = { of: 'own-call', kind: 'drop' }
const news = (state: OwnCall['state'], reference = 'r1', why = ''): OwnCallEvent => ({
  of: 'own-call',
  kind: 'news',
  news: { id: 'c1', reference, state, why },
})

t.test('a call is dialled, rings, is answered, and is hung up', async t => {
  const [call, effects] = after([dial(), taken, news('ringing'), news('answered'), drop, news('ended')])
  t.match(call, { id: 'c1', number: '030', state: 'ended' })
  t.strictSame(effects, ['order-call', 'drop-call'])
})

t.test('news that overtake the answer to the order, or come late or twice, take nothing back', async t => {
  const [call] = after([dial(), news('ringing'), taken, news('dialling'), news('ringing')])
  t.match(call, { id: 'c1', state: 'ringing' })
  t.match(after([dial(), news('failed', 'r1', 'busy'), news('answered')])[0], {
    state: 'failed',
    why: 'busy',
  })
})

t.test('there is one call at a time, and only in the conference', async t => {
  t.strictSame(after([dial(), dial('r2')])[1], ['order-call'])
  t.match(after([dial(), news('ended'), dial('r2')])[0], { reference: 'r2', state: 'ordered' })
  t.strictSame(after([dial()], signedOut), [undefined, []])
  t.strictSame(after([drop]), [undefined, []])
})

t.test('what concerns another call changes nothing', async t => {
  const refused: OwnCallEvent = { of: 'own-call', kind: 'refused', reference: 'r0', why: 'No.' }
  t.match(after([dial(), news('ringing', 'r0'), refused])[0], { state: 'ordered' })
})

t.test('only news of the known form are read', async t => {
  const type = 'application/x-portico-dial+json'
  const read = (body: unknown): unknown => readOwnCallNews(type, JSON.stringify(body))
  const known = { call: 'c1', reference: 'r1', number: '030', state: 'failed', text: 'busy' }
  t.strictSame(read(known), { id: 'c1', reference: 'r1', state: 'failed', why: 'busy' })
  t.match(read({ ...known, state: 'ringing' }), { why: '' })
  t.equal(readOwnCallNews('text/plain', JSON.stringify(known)), undefined)
  for (const wrong of [
    { ...known, state: 'on fire' },
    { ...known, call: 1 },
    { state: 'ringing' },
    null,
    'x',
  ]) {
    t.equal(read(wrong), undefined)
  }
  t.equal(read({ ...known, text: 'x'.repeat(5000) }), undefined)
})

t.test('what the door answers to an order becomes a sentence', async t => {
  const session: Session = {
    agent: '1001',
    sipUri: 'sip:1001@portico.test',
    authorizationUser: '1001~a',
    password: 'p',
    wssUrl: 'wss://portico.test/sip',
    iceServers: [],
    conference: 'agt-1001',
    expiresAt: 0,
  }
  const answered = async (status: number, body: unknown = {}) =>
    orderCall(session, { number: '030', reference: 'r1' }, async (_url, init) => {
      t.match(init, { headers: { authorization: `Basic ${btoa('1001~a:p')}` } })
      return new Response(JSON.stringify(body), { status })
    })
  t.strictSame(await answered(201, { id: 'c1' }), { kind: 'taken', id: 'c1' })
  t.strictSame(await answered(401), { kind: 'expired' })
  t.match(await answered(403), { kind: 'refused', why: /may not dial/ })
  t.match(await answered(201, []), { kind: 'refused', why: /cannot read/ })
  const unreachable = await orderCall(session, { number: '030', reference: 'r1' }, async () => {
    throw new TypeError('failed to fetch')
  })
  t.match(unreachable, { kind: 'refused', why: /cannot be reached/ })
})
