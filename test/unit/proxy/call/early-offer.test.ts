import t from 'tap'
import type { Call, CallEvent, CallState, Effect, LegName, Trying } from '../../../../proxy/call/call.ts'
import { step } from '../../../../proxy/call/call-state.ts'
import { clientCall, transit, trying } from './fixtures.ts'

/** An offer with one stream, by whom and how often it was made. */
function sdp(who: string, version = 1, direction = 'sendrecv'): string {
  return [
    'v=0',
    `o=${who} 1 ${version} IN IP4 192.0.2.1`,
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    `m=audio ${4000 + version} RTP/AVP 8`,
    `a=${direction}`,
    '',
  ].join('\r\n')
}

const call: Call = { ...transit, offer: sdp('a') }

/** The place has answered reliably, and the caller has heard it. */
const early: Trying = {
  ...trying,
  ringing: true,
  told: 183,
  offered: sdp('to-b'),
  early: sdp('b'),
  earlyTold: sdp('to-a'),
  dialog: 'd-b',
}

function update(
  leg: LegName,
  content?: string,
  dialog = `d-${leg}`,
): Extract<CallEvent, { kind: 'request' }> {
  const event = { kind: 'request', leg, dialog, transaction: 't1', method: 'UPDATE', headers: [] } as const
  return content === undefined ? event : { ...event, body: { type: 'application/sdp', content } }
}

function respond(status: number, content?: string): Extract<Effect, { kind: 'respond' }> {
  const effect = { kind: 'respond', transaction: 't1', status } as const
  return content === undefined ? effect : { ...effect, body: { type: 'application/sdp', content } }
}

const later: Effect = { ...respond(500), headers: [['Retry-After', '1']] }

/** Lets the events happen one after the other; what followed from the last one. */
function run(state: CallState, ...events: readonly CallEvent[]): readonly [CallState, ...Effect[]] {
  let last: readonly [CallState, ...Effect[]] = [state]
  for (const event of events) last = step(call, last[0], event)
  return last
}

function offered(content: string): CallEvent {
  return { kind: 'media-offered', key: 't1', sdp: content }
}

function answered(content: string): CallEvent {
  return { kind: 'media-answered', key: 't1', sdp: content }
}

function response(status: number, content?: string, local = false): CallEvent {
  const event = { kind: 'response', transaction: 'c1-r-t1', status, local } as const
  return content === undefined ? event : { ...event, body: { type: 'application/sdp', content } }
}

t.test('an offer of either side crosses to the other, and the answer back', t => {
  for (const [from, to, dialog] of [
    ['a', 'b', 'd-b'],
    ['b', 'a', 'd-a'],
  ] as const) {
    const held = sdp(from, 2, 'sendonly')
    const [asking, ask] = run(early, update(from, held), offered(sdp(`to-${to}`, 2, 'sendonly')))
    t.match(ask, {
      kind: 'ask',
      leg: to,
      dialog,
      method: 'UPDATE',
      transaction: 'c1-r-t1',
      body: { content: sdp(`to-${to}`, 2, 'sendonly') },
    })
    const [answering, ...effects] = step(call, asking, response(200, sdp(to, 2, 'recvonly')))
    t.match(effects, [{ kind: 'answer', key: 't1', exchange: { sdp: sdp(to, 2, 'recvonly') } }])
    t.equal(effects.length, 1, 'an UPDATE has no ACK')
    const [done, ...told] = step(call, answering, answered(sdp(`to-${from}`, 2, 'recvonly')))
    t.strictSame(told, [respond(200, sdp(`to-${from}`, 2, 'recvonly'))])
    t.match(done, { kind: 'trying', session: { relays: [] } })
  }
  t.end()
})

t.test('where only the way of the media has changed the other side need not know', t => {
  const [state, answer] = run(early, update('b', sdp('b', 2)), offered(sdp('to-a', 2)))
  t.match(answer, { kind: 'answer', key: 't1', exchange: { sdp: sdp('a') } })
  t.strictSame(step(call, state, answered(sdp('to-b', 2))).slice(1), [respond(200, sdp('to-b', 2))])
  t.end()
})

t.test('what was agreed on so holds when the place accepts, whatever its 2xx says', t => {
  for (const body of [undefined, { type: 'application/sdp', content: sdp('b', 9) }]) {
    const [state] = run(early, update('b', sdp('b', 2)), offered(sdp('to-a', 2)), answered(sdp('to-b', 2)))
    const [up, ...effects] = step(call, state, {
      kind: 'response',
      transaction: 'c1-b1',
      status: 200,
      local: false,
      dialog: 'd-b',
      body,
    })
    t.match(up, {
      kind: 'up',
      legs: { a: { heard: sdp('a'), told: sdp('to-a') }, b: { heard: sdp('b', 2), told: sdp('to-b', 2) } },
    })
    t.match(
      effects.map(({ kind }) => kind),
      ['ack', 'stop-timer', 'judge', 'respond'],
    )
    t.match(effects.at(-1), { transaction: 't-a', status: 200, body: { content: sdp('to-a') } })
  }
  t.end()
})

t.test('an offer that is still open when the place accepts is answered in the call', t => {
  const [asking] = run(early, update('a', sdp('a', 2, 'sendonly')), offered(sdp('to-b', 2, 'sendonly')))
  const accepted = {
    kind: 'response',
    transaction: 'c1-b1',
    status: 200,
    local: false,
    dialog: 'd-b',
  } as const
  const [up] = step(call, asking, accepted)
  t.equal(up.kind, 'up')
  const [after, ...effects] = step(call, up, response(200, sdp('b', 2, 'recvonly')))
  t.match(effects, [{ kind: 'answer', key: 't1' }])
  t.strictSame(step(call, after, answered(sdp('to-a', 2))).slice(1), [respond(200, sdp('to-a', 2))])
  t.end()
})

t.test('one without an offer is answered on its side', t => {
  for (const leg of ['a', 'b'] as const) t.strictSame(step(call, early, update(leg)), [early, respond(200)])
  t.strictSame(step(call, trying, update('a')), [trying, respond(200)])
  t.end()
})

t.test('an offer before the first one was answered is to come again (RFC 3311 §5.2)', t => {
  const { earlyTold: _, ...untold } = early
  for (const [state, of] of [
    [trying, call],
    [untold, call],
    [early, { ...call, offer: undefined }],
  ] as const)
    t.strictSame(step(of, state, update('a', sdp('a', 2))), [state, later])
  const { dialog: __, ...unreliable } = early
  const held = offered(sdp('to-b', 2, 'sendonly'))
  t.strictSame(run(unreliable, update('a', sdp('a', 2, 'sendonly')), held).slice(1), [later])
  t.end()
})

t.test('one exchange at a time: glare is 491, a second offer of the same side comes later', t => {
  const [open] = run(early, update('a', sdp('a', 2, 'sendonly')))
  const crossing = { ...update('b', sdp('b', 2, 'sendonly')), transaction: 't2' }
  t.strictSame(step(call, open, crossing).slice(1), [{ kind: 'respond', transaction: 't2', status: 491 }])
  const second = { ...update('a', sdp('a', 3)), transaction: 't2' }
  t.match(step(call, open, second)[1], {
    transaction: 't2',
    status: 500,
    headers: [['Retry-After', /^\d+$/]],
  })
  t.end()
})

t.test('what the other side says no to is told; what could not be sent is to come again', t => {
  const asked = [update('a', sdp('a', 2, 'sendonly')), offered(sdp('to-b', 2, 'sendonly'))] as const
  t.strictSame(run(early, ...asked, response(488)).slice(1), [respond(488)])
  t.strictSame(run(early, ...asked, response(100)).slice(1), [])
  t.strictSame(run(early, ...asked, response(491, undefined, true)).slice(1), [later])
  t.strictSame(run(early, ...asked, response(200)).slice(1), [respond(488)], 'an offer without an answer')
  t.strictSame(run(early, asked[0], { kind: 'media-failed', key: 't1' }).slice(1), [later])
  const foreign = { ...update('a'), body: { type: 'text/plain', content: 'x' } }
  t.strictSame(step(call, early, foreign).slice(1), [respond(415)])
  t.end()
})

t.test('nobody speaks in the dialog of a place that was given up', t => {
  t.strictSame(step(call, early, update('b', sdp('b', 2), 'd-old')), [early, respond(481)])
  t.end()
})

t.test('who waits for an answer is told when the call comes to nothing', t => {
  const [open] = run(early, update('a', sdp('a', 2, 'sendonly')), offered(sdp('to-b', 2, 'sendonly')))
  const busy = { kind: 'response', transaction: 'c1-b1', status: 486, local: false } as const
  for (const event of [{ kind: 'cancelled' }, { kind: 'hang-up' }, busy] as const)
    t.ok(
      step(call, open, event).some(effect => JSON.stringify(effect) === JSON.stringify(respond(487))),
      event.kind,
    )
  t.end()
})

t.test('after a new offer a description in a provisional response is no answer', t => {
  const [state] = run(early, update('b', sdp('b', 2)), offered(sdp('to-a', 2)), answered(sdp('to-b', 2)))
  const body = { type: 'application/sdp', content: sdp('b', 3) }
  const ringing = { kind: 'response', transaction: 'c1-b1', status: 183, local: false, body } as const
  t.strictSame(step(call, state, ringing), [state])
  t.end()
})

t.test('a caller that hangs up in its early dialog ends the call (RFC 3261 §15)', t => {
  const bye = { ...update('a'), method: 'BYE' }
  const [over, ...effects] = step(clientCall, trying, bye)
  t.match(over, { kind: 'over', verdict: 'cancelled' })
  t.match(
    effects.map(({ kind }) => kind),
    ['stop-timer', 'cancel', 'end-media', 'respond', 'record'],
  )
  t.strictSame(effects[3], respond(200))
  t.end()
})
