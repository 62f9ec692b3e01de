import t from 'tap'
import { emptyRoom } from '../../../../softphone/phone/conference.ts'
import { step } from '../../../../softphone/phone/phone-step.ts'
import {
  signedOut,
  type Effect,
  type PhoneEvent,
  type PhoneState,
  type Stage,
} from '../../../../softphone/phone/phone-state.ts'

const connecting: PhoneState = { ...signedOut, agent: '1001', stage: { kind: 'connecting' } }
const ready: PhoneState = { ...connecting, stage: { kind: 'ready', note: '' }, link: { kind: 'online' } }
const joining: PhoneState = { ...ready, stage: { kind: 'joining', muted: false, placed: true } }
const waiting: PhoneState = { ...ready, stage: { kind: 'waiting', muted: false, room: emptyRoom } }
const muted: PhoneState = { ...ready, stage: { kind: 'waiting', muted: true, room: emptyRoom } }
const inCall: PhoneState = {
  ...ready,
  stage: { kind: 'in-call', muted: false, room: { members: ['c'], listed: false } },
}
const away = { kind: 'reconnecting', attempt: 2 } as const
const renewing: PhoneState = { ...ready, renewing: true }

const agent = (kind: 'start-shift' | 'end-shift' | 'toggle-mute' | 'sign-out'): PhoneEvent => ({
  of: 'agent',
  kind,
})
const link = (
  kind: 'session-granted' | 'up' | 'down' | 'retry-due' | 'registered' | 'registration-lost',
): PhoneEvent => ({
  of: 'link',
  kind,
})
const refused = (status: number): PhoneEvent => ({ of: 'link', kind: 'register-refused', status })
const noSession = (wrong: boolean): PhoneEvent => ({ of: 'link', kind: 'session-refused', why: 'No.', wrong })
const ended: PhoneEvent = { of: 'call', kind: 'ended', why: 'Over.' }
const joined: PhoneEvent = { of: 'call', kind: 'conference', event: { kind: 'joined', member: 'c' } }
const left: PhoneEvent = { of: 'call', kind: 'conference', event: { kind: 'left', member: 'c' } }
const restartRefused: PhoneEvent = { of: 'call', kind: 'restart-refused' }

const called: PhoneEvent = { of: 'call', kind: 'called' }

type Row = readonly [name: string, PhoneState, PhoneEvent, Stage['kind'], ...Effect['kind'][]]
const rows: readonly Row[] = [
  ['a call from the conference is taken', ready, called, 'joining', 'take'],
  ['a second call from the conference is refused', waiting, called, 'waiting', 'refuse'],
  ['a call before the agent is ready is refused', connecting, called, 'connecting', 'refuse'],
  [
    'signing in asks for a session',
    signedOut,
    { of: 'agent', kind: 'sign-in', agent: '1001' },
    'connecting',
    'request-session',
  ],
  ['a session opens the line', connecting, link('session-granted'), 'connecting', 'open-line'],
  ['a refused sign-in goes back', connecting, noSession(true), 'signed-out'],
  ['an unreachable service goes back', connecting, noSession(false), 'signed-out'],
  ['an open line is registered', connecting, link('up'), 'connecting', 'register'],
  ['a registered phone is ready', connecting, link('registered'), 'ready'],
  ['a line that does not open is tried again', connecting, link('down'), 'connecting', 'wait'],
  [
    'the wait ends in another try',
    { ...connecting, link: away },
    link('retry-due'),
    'connecting',
    'reconnect',
  ],
  ['a shift starts with a call', ready, agent('start-shift'), 'joining', 'dial'],
  ['no shift starts without a line', { ...ready, link: away }, agent('start-shift'), 'ready'],
  ['an answered call waits', joining, { of: 'call', kind: 'answered' }, 'waiting'],
  ['a refused call goes back', joining, { of: 'call', kind: 'refused', why: 'Busy.' }, 'ready'],
  ['a shift can be ended while it joins', joining, agent('end-shift'), 'ready', 'hang-up'],
  ['a client makes it a call', waiting, joined, 'in-call'],
  ['the last client leaves the agent waiting', inCall, left, 'waiting'],
  ['a conference that is over tells nothing', ready, joined, 'ready'],
  ['muting is an order', waiting, agent('toggle-mute'), 'waiting', 'mute'],
  ['nobody is muted before there is a call', ready, agent('toggle-mute'), 'ready'],
  ['a call that the service ends goes back', inCall, ended, 'ready'],
  ['an end that was already known is nothing new', ready, ended, 'ready'],
  ['a shift ends by hanging up', inCall, agent('end-shift'), 'ready', 'hang-up'],
  ['signing out ends all', inCall, agent('sign-out'), 'signed-out', 'stop-waiting', 'hang-up', 'close-line'],
  ['what comes after signing out is nothing', signedOut, link('down'), 'signed-out'],
  ['a call outlives the line', inCall, link('down'), 'in-call', 'wait'],
  [
    'a call is taken to the new line',
    { ...inCall, link: away },
    link('registered'),
    'in-call',
    'restart-media',
  ],
  ['a refreshed registration leaves the call alone', inCall, link('registered'), 'in-call'],
  ['a lost registration is made again', inCall, link('registration-lost'), 'in-call', 'register'],
  ['a call that was under way is placed again', joining, link('down'), 'joining', 'hang-up', 'wait'],
  ['a call that the door lost is called anew', inCall, restartRefused, 'joining', 'hang-up', 'dial'],
  ['without a line it is called later', { ...inCall, link: away }, restartRefused, 'joining', 'hang-up'],
  [
    'the first refused registration asks for new credentials',
    ready,
    refused(401),
    'ready',
    'request-session',
  ],
  [
    'the second one ends the sign-in',
    renewing,
    refused(401),
    'signed-out',
    'stop-waiting',
    'hang-up',
    'close-line',
  ],
  ['but never a call', { ...inCall, renewing: true }, refused(403), 'in-call', 'wait'],
  [
    'new credentials that are refused never end a call',
    { ...inCall, renewing: true },
    noSession(true),
    'in-call',
    'wait',
  ],
  ['a wait for credentials asks for them again', renewing, link('retry-due'), 'ready', 'request-session'],
  ['a busy registrar is asked again', ready, refused(503), 'ready', 'wait'],
]
for (const [name, state, event, stage, ...effects] of rows) {
  t.test(name, async t => {
    const [after, ...done] = step(state, event, 0)
    t.equal(after.stage.kind, stage)
    t.strictSame(
      done.map(({ kind }) => kind),
      effects,
    )
  })
}

t.test('who was muted is muted in the call that replaces the lost one', async t => {
  const [lost, ...effects] = step(muted, restartRefused, 0)
  t.strictSame(effects.at(-1), { kind: 'dial', muted: true })
  const [answered] = step(lost, { of: 'call', kind: 'answered' }, 0)
  t.match(answered.stage, { kind: 'waiting', muted: true })
})

t.test('a call that lost its line before the answer is placed once it is back', async t => {
  const [down] = step(joining, link('down'), 0)
  const [up, ...effects] = step(down, link('registered'), 0)
  t.strictSame(effects, [{ kind: 'dial', muted: false }])
  t.match(up, { link: { kind: 'online' }, stage: { kind: 'joining', placed: true } })
})

t.test('each failed try waits longer, and being online starts anew', async t => {
  const waits: unknown[] = []
  let state = ready
  for (let tries = 0; tries < 3; tries += 1) {
    const [next, ...effects] = step(state, link('down'), 0)
    waits.push(...effects)
    state = next
  }
  t.strictSame(
    waits,
    [500, 1000, 2000].map(ms => ({ kind: 'wait', ms })),
  )
  const [online] = step(state, link('registered'), 0)
  const [, wait] = step(online, link('down'), 0)
  t.strictSame(wait, { kind: 'wait', ms: 500 })
})

t.test('a network that comes back is tried at once', async t => {
  const lost = step({ ...inCall, link: away }, { of: 'link', kind: 'network', there: false }, 0)
  t.match(lost, [{ network: false }])
  t.equal(lost.length, 1)
  const [, ...effects] = step(lost[0], { of: 'link', kind: 'network', there: true }, 0)
  t.strictSame(effects, [{ kind: 'stop-waiting' }, { kind: 'reconnect' }])
})

t.test('the reason of an end is kept for the agent', async t => {
  t.match(step(inCall, ended, 0)[0].stage, { kind: 'ready', note: 'Over.' })
  t.match(step(connecting, noSession(true), 0)[0].stage, { kind: 'signed-out', note: 'No.' })
})
