import t from 'tap'
import type { CallEvent, CallState, Effect, Up } from '../../../../proxy/call/call.ts'
import { step } from '../../../../proxy/call/call-state.ts'
import { agentCall, ms2, up } from './fixtures.ts'

const sdp = (content: string) => ({ type: 'application/sdp', content }) as const
const at = (port: number): string => `v=0\r\nc=IN IP4 127.0.1.1\r\nm=audio ${port} RTP/AVP 8\r\n`
const inner = at(4000)
const before: Up = { ...up, legs: { ...up.legs, b: { ...up.legs.b, heard: inner } } }
const media = 'c1-m2'
const lost: CallEvent = { kind: 'media-lost', media: 'c1-b1' }
const offered: CallEvent = { kind: 'media-offered', key: media, sdp: 'o=for-a' }
const answered: CallEvent = { kind: 'media-answered', key: media, sdp: 'o=for-b' }
const browser = { tag: 'a', side: 'browser', source: '198.51.100.7' } as const
const server = { tag: 'c1-b1', side: 'server' } as const

function says(transaction: string, status: number, content?: string, local = false): CallEvent {
  const accepted = content === undefined ? {} : { dialog: 'd', body: sdp(content) }
  return { kind: 'response', transaction, status, local, ...accepted }
}

/** The state after some events, and what followed from the last one. */
function after(...events: readonly CallEvent[]): readonly [CallState, ...Effect[]] {
  let now: readonly [CallState, ...Effect[]] = [before]
  for (const event of events) now = step(agentCall, now[0], event)
  return now
}

function asks([, ...effects]: readonly [CallState, ...Effect[]]): readonly string[] {
  return effects.flatMap(effect =>
    effect.kind === 'ask'
      ? [`${effect.method} ${effect.dialog} ${effect.transaction} ${effect.body?.content}`]
      : [],
  )
}

t.test('both legs are offered the new anchor, the outer one first, and the call goes on', async t => {
  t.strictSame(after(lost)[1], {
    kind: 'invite',
    key: media,
    exchange: { call: media, from: server, to: browser, sdp: inner, told: 'o=a-answer' },
  })
  t.strictSame(asks(after(lost, offered)), ['INVITE d-a c1-m2-1 o=for-a'])
  const [, ack, answer] = after(lost, offered, says('c1-m2-1', 200, 'o=a2'))
  t.strictSame(ack, { kind: 'ack', dialog: 'd-a' })
  t.match(answer, { kind: 'answer', exchange: { call: media, from: browser, to: server, sdp: 'o=a2' } })
  const telling = [lost, offered, says('c1-m2-1', 200, 'o=a2'), answered]
  t.strictSame(asks(after(...telling)), ['INVITE d-b c1-m2-2 o=for-b'])
  const [done, ...effects] = after(...telling, says('c1-m2-2', 200, inner))
  t.strictSame(effects, [{ kind: 'ack', dialog: 'd-b' }])
  t.match(done, {
    media,
    anchor: undefined,
    legs: { a: { heard: 'o=a2', told: 'o=for-a' }, b: { heard: inner, told: 'o=for-b' } },
  })
})

t.test('the loss of media that is not that of the call, or is told twice, changes nothing', async t => {
  t.strictSame(after({ kind: 'media-lost', media: 'c1-b0' }), [before])
  t.equal(after(lost, lost).length, 1)
})

t.test('a call that cannot be joined again ends, and leaves nothing at the new anchor', async t => {
  const telling = [lost, offered, says('c1-m2-1', 200, 'o=a2'), answered]
  for (const events of [
    [lost, { kind: 'media-failed', key: media } as const],
    [lost, offered, says('c1-m2-1', 488)],
    [lost, offered, says('c1-m2-1', 481)],
    [...telling, says('c1-m2-2', 408, undefined, true)],
    [...telling, says('c1-m2-2', 200, at(5000))],
  ]) {
    const [state, ...effects] = after(...events)
    t.strictSame(state, { kind: 'over', verdict: 'media-failed' })
    t.match(
      effects.filter(({ kind }) => kind === 'bye' || kind === 'end-media'),
      [{ dialog: 'd-a' }, { dialog: 'd-b' }, { media }, { media: 'c1-b1' }],
    )
  }
})

t.test('what was accepted is acknowledged before the call ends', async t => {
  const [, ...effects] = after(
    lost,
    offered,
    says('c1-m2-1', 200, 'o=a2'),
    answered,
    says('c1-m2-2', 200, at(5000)),
  )
  t.match(effects, [{ kind: 'ack', dialog: 'd-b' }, { kind: 'bye' }, { kind: 'bye' }])
})

t.test('offers that cross are made again, but not for ever', async t => {
  const crossing = [lost, offered, says('c1-m2-1', 491)]
  t.match(after(...crossing)[1], { kind: 'start-timer', timer: 'anchor' })
  t.strictSame(asks(after(...crossing, { kind: 'timer', timer: 'anchor' })), ['INVITE d-a c1-m2-2 o=for-a'])
  const again = [1, 2, 3, 4, 5, 6].flatMap((n): CallEvent[] => [
    says(`c1-m2-${n}`, 491),
    { kind: 'timer', timer: 'anchor' },
  ])
  t.match(after(lost, offered, ...again)[0], { kind: 'over' })
})

t.test('an agent whose connection is lost is asked when it is heard again', async t => {
  const away = [lost, offered, { kind: 'flow-closed' } as const, says('c1-m2-1', 503, undefined, true)]
  t.match(after(...away)[0], { kind: 'up', anchor: { stage: 'waiting' } })
  const back = after(...away, { kind: 'flow-back' })
  t.strictSame(asks(back), ['INVITE d-a c1-m2-2 o=for-a'])
  t.match(back[1], { kind: 'stop-timer', timer: 'flow' }, 'and its time is stopped')
  t.match(after(...away, { kind: 'timer', timer: 'flow' })[0], { kind: 'over', verdict: 'flow-lost' })
})

t.test('meanwhile nobody else may offer or be moved, and everything else goes on', async t => {
  const request = {
    kind: 'request',
    leg: 'a',
    dialog: 'd-a',
    transaction: 't1',
    headers: [],
    body: sdp('o=n'),
  } as const
  t.match(after(lost, offered, { ...request, method: 'INVITE' })[1], { kind: 'respond', status: 491 })
  const move = { kind: 'move', leg: 'b', place: { kind: 'server', server: ms2 }, isLost: false } as const
  t.match(after(lost, offered, move)[1], { kind: 'move-told', outcome: 'busy' })
  t.match(asks(after(lost, offered, { ...request, method: 'INFO' })), [/^INFO d-b/])
  const [over, ...effects] = after(lost, offered, { ...request, method: 'BYE' })
  t.match(over, { kind: 'over', verdict: 'caller-hung-up' })
  t.match(
    effects.filter(({ kind }) => kind === 'end-media'),
    [{ media }, { media: 'c1-b1' }],
  )
})

t.test('a move and an offer that are under way give way', async t => {
  const relay = {
    transaction: 't7',
    from: 'b',
    method: 'INVITE',
    stage: 'asking',
    sdp: 'o=x',
    made: 'o=y',
  } as const
  const [state, ...effects] = step(agentCall, { ...before, relays: [relay] }, lost)
  t.match(state, { relays: [], anchor: { stage: 'offering' } })
  t.match(effects, [{ kind: 'respond', transaction: 't7', status: 491 }, { kind: 'invite' }])
})
