import t from 'tap'
import type { Call, CallEvent, Effect, LegName, Relay, Up } from '../../../../proxy/call/call.ts'
import { step } from '../../../../proxy/call/call-state.ts'
import { agentCall, clientCall, up } from './fixtures.ts'

const sdp = (content: string) => ({ type: 'application/sdp', content }) as const
const browser = { tag: 'a', side: 'browser', source: '198.51.100.7' } as const
const server = { tag: 'c1-b1', side: 'server' } as const
const fromA = (content: string) => ({
  call: 'c1-b1',
  from: browser,
  to: server,
  sdp: content,
  told: 'o=b-offer',
})
const fromB = (content: string) => ({
  call: 'c1-b1',
  from: server,
  to: browser,
  sdp: content,
  told: 'o=a-answer',
})
const respond = (status: number, content?: string): Effect => ({
  kind: 'respond',
  transaction: 't1',
  status,
  ...(content !== undefined && { body: sdp(content) }),
})

const audio = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 4000 UDP/TLS/RTP/SAVPF 111 0',
  'a=rtpmap:111 opus/48000/2',
  'a=ice-ufrag:aaaa',
  'a=candidate:1 1 udp 1 192.0.2.1 4000 typ host',
  'a=fingerprint:sha-256 AA',
  'a=sendrecv',
  '',
].join('\r\n')
const restarted = audio
  .replace('o=- 1 1', 'o=- 1 2')
  .replace('ice-ufrag:aaaa', 'ice-ufrag:bbbb')
  .replaceAll('192.0.2.1', '192.0.2.77')
  .replaceAll('4000', '4321')
const held = audio.replace('o=- 1 1', 'o=- 1 2').replace('sendrecv', 'sendonly')

function heardFrom(leg: LegName, content: string): Up {
  return { ...up, legs: { ...up.legs, [leg]: { ...up.legs[leg], heard: content } } }
}

function request(leg: LegName, method: string, content?: string): CallEvent {
  const body = content === undefined ? {} : { body: sdp(content) }
  return { kind: 'request', leg, dialog: `d-${leg}`, transaction: 't1', method, headers: [], ...body }
}

/** Lets the steps of one exchange follow each other; the effects of each. */
function play(
  call: Call,
  state: Up,
  ...events: readonly CallEvent[]
): readonly [Up, ...(readonly Effect[])[]] {
  let now = state
  const all: Effect[][] = []
  for (const event of events) {
    const [after, ...effects] = step(call, now, event)
    if (after.kind !== 'up') throw new Error(`the call is ${after.kind}`)
    now = after
    all.push(effects)
  }
  return [now, ...all]
}

t.test('an ICE restart is answered by the door, and the media server hears nothing of it', async t => {
  const [state, asked, anchored, done] = play(
    agentCall,
    heardFrom('a', audio),
    request('a', 'INVITE', restarted),
    { kind: 'media-offered', key: 't1', sdp: 'o=unused' },
    { kind: 'media-answered', key: 't1', sdp: 'o=new-answer' },
  )
  t.strictSame(asked, [{ kind: 'offer', key: 't1', exchange: fromA(restarted) }])
  t.strictSame(anchored, [{ kind: 'answer', key: 't1', exchange: fromB('o=b') }])
  t.strictSame(done, [respond(200, 'o=new-answer')])
  t.match(state.legs, { a: { heard: restarted, told: 'o=new-answer' }, b: { told: 'o=b-offer' } })
})

t.test('an offer that comes to the same on the other side is answered by the door too', async t => {
  const other = audio.replace('o=- 1 1', 'o=- 1 2').replace('SAVPF 111 0', 'SAVPF 111')
  const told = audio.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')
  const known = heardFrom('a', audio)
  const state = { ...known, legs: { ...known.legs, b: { ...known.legs.b, told } } }
  const [after, , anchored, done] = play(
    agentCall,
    state,
    request('a', 'INVITE', other),
    { kind: 'media-offered', key: 't1', sdp: told.replace('o=- 1 1', 'o=- 1 2') },
    { kind: 'media-answered', key: 't1', sdp: 'o=new-answer' },
  )
  t.strictSame(anchored, [{ kind: 'answer', key: 't1', exchange: fromB('o=b') }])
  t.strictSame(done, [respond(200, 'o=new-answer')])
  t.match(after, { relays: [], legs: { a: { heard: other, told: 'o=new-answer' }, b: { told } } })
})

t.test('without an anchor an ICE restart is passed on', async t => {
  const [, asked, passed] = play(
    { ...agentCall, anchored: false },
    heardFrom('a', audio),
    request('a', 'INVITE', restarted),
    { kind: 'media-offered', key: 't1', sdp: restarted },
  )
  t.match(asked, [{ kind: 'offer' }])
  t.match(passed, [{ kind: 'ask', leg: 'b', method: 'INVITE', body: { content: restarted } }])
})

t.test('a call that is put on hold is put on hold on the other side', async t => {
  const [, , passed] = play(agentCall, heardFrom('a', audio), request('a', 'INVITE', held), {
    kind: 'media-offered',
    key: 't1',
    sdp: 'o=held',
  })
  t.match(passed, [{ kind: 'ask', leg: 'b', method: 'INVITE', body: { content: 'o=held' } }])
})

t.test('an UPDATE with an offer becomes a re-INVITE, which every peer knows', async t => {
  const [, , passed, agreed, done] = play(
    clientCall,
    up,
    request('b', 'UPDATE', 'o=b2'),
    { kind: 'media-offered', key: 't1', sdp: 'o=x' },
    { kind: 'response', transaction: 'c1-r-t1', status: 200, local: false, dialog: 'd-a', body: sdp('o=a2') },
    { kind: 'media-answered', key: 't1', sdp: 'o=y' },
  )
  t.match(passed, [{ kind: 'ask', leg: 'a', method: 'INVITE', body: { content: 'o=x' } }])
  t.match(agreed, [{ kind: 'ack', dialog: 'd-a' }, { kind: 'answer' }])
  t.strictSame(done, [respond(200, 'o=y')])
})

t.test('a re-INVITE without an offer is made one, of what the other side said last', async t => {
  const [state, asked, told, acked, done] = play(
    agentCall,
    up,
    request('a', 'INVITE'),
    { kind: 'media-offered', key: 't1', sdp: 'o=ours' },
    { kind: 'acked', leg: 'a', body: sdp('o=a2') },
    { kind: 'media-answered', key: 't1', sdp: 'o=x' },
  )
  t.strictSame(asked, [{ kind: 'offer', key: 't1', exchange: fromB('o=b') }])
  t.strictSame(told, [respond(200, 'o=ours')])
  t.strictSame(acked, [{ kind: 'answer', key: 't1', exchange: fromA('o=a2') }])
  t.strictSame(done, [])
  t.match(state, { relays: [], legs: { a: { heard: 'o=a2', told: 'o=ours' } } })
})

t.test('an offer that was refused is forgotten: a refresh is answered with what was agreed', async t => {
  const [state] = play(
    agentCall,
    up,
    request('a', 'INVITE', 'o=a2'),
    { kind: 'media-offered', key: 't1', sdp: 'o=x' },
    { kind: 'response', transaction: 'c1-r-t1', status: 488, local: false },
  )
  t.strictSame(state.legs, up.legs)
})

const open: Relay = { transaction: 't0', from: 'a', method: 'INVITE', stage: 'asking', sdp: 'o=a2', made: '' }

t.test('two offers that cross are both refused (RFC 3261 §14.2)', async t => {
  const [, effect] = step(agentCall, { ...up, relays: [open] }, request('b', 'INVITE', 'o=b2'))
  t.strictSame(effect, respond(491))
  const [, ...back] = step(
    agentCall,
    { ...up, relays: [{ ...open, transaction: 't1' }] },
    {
      kind: 'response',
      transaction: 'c1-r-t1',
      status: 491,
      local: false,
    },
  )
  t.strictSame(back, [respond(491)], 'and who asked first hears what the other side said')
})

t.test('a second offer of the same side has to wait (RFC 3261 §14.2, RFC 3311 §5.2)', async t => {
  for (const method of ['INVITE', 'UPDATE']) {
    const [, effect] = step(agentCall, { ...up, relays: [open] }, request('a', method, 'o=a3'))
    t.match(effect, { kind: 'respond', status: 500, headers: [['Retry-After', /^\d+$/]] }, method)
  }
})

t.test('an offer of another type than SDP is refused', async t => {
  const event: CallEvent = {
    kind: 'request',
    leg: 'a',
    dialog: 'd-a',
    transaction: 't1',
    method: 'INVITE',
    headers: [],
    body: { type: 'text/plain', content: 'x' },
  }
  t.strictSame(step(agentCall, up, event).slice(1), [respond(415)])
})

t.test('a media anchor that fails leaves the call as it was, and the offer may come again', async t => {
  const offering = { ...up, relays: [{ ...open, transaction: 't1', stage: 'offering' as const }] }
  const again = { ...respond(500), headers: [['Retry-After', '1']] }
  t.strictSame(step(agentCall, offering, { kind: 'media-failed', key: 't1' }), [up, again])
  const refused = { kind: 'media-failed', key: 't1', isRefused: true } as const
  t.strictSame(step(agentCall, offering, refused), [up, respond(488)])
  const late = { ...up, relays: [{ ...open, transaction: 't1', stage: 'late-answering' as const }] }
  t.strictSame(step(agentCall, late, { kind: 'media-failed', key: 't1' }), [up])
})

t.test('an ACK that answers nothing is let pass', async t => {
  t.strictSame(step(agentCall, up, { kind: 'acked', leg: 'a' }), [up])
  const late = { ...up, relays: [{ ...open, stage: 'late-waiting' as const }] }
  t.strictSame(step(agentCall, late, { kind: 'acked', leg: 'a' }), [up])
})
