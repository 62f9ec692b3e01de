import t from 'tap'
import type { Call, CallState, Effect } from '../../../../proxy/call/call.ts'
import { step } from '../../../../proxy/call/call-state.ts'
import { clientCall, dialOut, ms2, onMs1, peer, ringAgent, trying } from './fixtures.ts'

const secondTry = { ...trying, branch: 'c1-b2', tried: ['ms-1', 'ms-1'] }

function refusedBy(
  call: Call,
  state: typeof trying,
  status: number,
  local = false,
): readonly [CallState, ...Effect[]] {
  return step(call, state, { kind: 'response', transaction: state.branch, status, local })
}

t.test('a client whose server fails is taken there a second time', async t => {
  const [state, ...effects] = refusedBy(clientCall, trying, 503)
  t.match(state, { kind: 'offering', branch: 'c1-b2', place: onMs1 })
  t.match(effects, [
    { kind: 'stop-timer' },
    { kind: 'end-media', media: 'c1-b1' },
    { kind: 'judge' },
    { kind: 'invite' },
  ])
})

t.test('after that its agent is moved, and the client follows', async t => {
  const [state, ...effects] = refusedBy(clientCall, secondTry, 408, true)
  t.match(state, { kind: 'placing', rehomed: true })
  t.match(effects.at(-1), { kind: 'rehome', server: 'ms-1' })
  const [after] = step(clientCall, state, { kind: 'placed', server: ms2 })
  t.match(after, { kind: 'offering', branch: 'c1-b3', place: { server: { id: 'ms-2' } }, rehomed: true })
})

t.test('an agent that cannot be moved leaves the client refused', async t => {
  const placing = { kind: 'placing', tried: ['ms-1', 'ms-1'], rehomed: true } as const
  const [state, ...effects] = step(clientCall, placing, { kind: 'not-placed', retryAfterSec: 5 })
  t.match(state, { kind: 'over', verdict: 'servers-failed' })
  t.match(effects[0], { kind: 'respond', status: 503 })
})

t.test('an agent is moved once for a client, not again and again', async t => {
  const [state] = refusedBy({ ...clientCall, attempts: 9 }, { ...secondTry, rehomed: true }, 503)
  t.match(state, { kind: 'over', verdict: 'refused' })
})

t.test('a peer of a trunk that fails is followed by the next one', async t => {
  const first = { ...trying, place: peer('p1'), tried: ['p1'] }
  const [state] = refusedBy(dialOut, first, 503)
  t.match(state, { kind: 'offering', place: { id: 'p2' }, branch: 'c1-b2' })
})

for (const [status, local, told, verdict] of [
  [404, false, 404, 'refused'],
  [486, false, 486, 'refused'],
  [603, false, 603, 'refused'],
  [503, false, 503, 'trunk-failed'],
  [408, true, 503, 'trunk-failed'],
  [407, false, 503, 'refused'],
] as const) {
  t.test(
    `the media server hears ${told} when the last peer ${local ? 'is silent' : `says ${status}`}`,
    async t => {
      const last = { ...trying, place: peer('p2'), branch: 'c1-b2', tried: ['p1', 'p2'] }
      const [state, ...effects] = refusedBy(dialOut, last, status, local)
      t.match(state, { kind: 'over', verdict })
      t.match(effects, [
        {},
        {},
        { kind: 'judge' },
        { kind: 'respond', status: told },
        { kind: 'record', status: told },
      ])
    },
  )
}

t.test('an agent that cannot be reached is away', async t => {
  const asked = { ...trying, place: { ...peer('f1'), flow: 'f1' }, tried: ['f1'] }
  const [state, ...effects] = refusedBy(ringAgent, asked, 503, true)
  t.match(state, { kind: 'over', verdict: 'agent-away' })
  t.match(effects, [{}, {}, {}, { kind: 'respond', status: 480 }, { kind: 'release' }, { kind: 'record' }])
})

t.test('a server that dies while it is asked is followed by another', async t => {
  const [state, ...effects] = step({ ...clientCall }, trying, { kind: 'server-lost' })
  t.match(state, { kind: 'offering', branch: 'c1-b2' })
  t.match(effects[1], { kind: 'cancel', branch: 'c1-b1' })
})
