import t from 'tap'
import type { SessionTerms } from '../../../../engine/dialog/session-terms.ts'
import {
  noSession,
  stepSession,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
} from '../../../../engine/dialog/session-timer.ts'

const now = 1000
const ours: SessionTerms = { seconds: 1800, refresher: 'us' }
const theirs: SessionTerms = { seconds: 90, refresher: 'peer' }
const until = now + 100_000

const states: Readonly<Record<string, SessionState>> = {
  off: noSession,
  waiting: { kind: 'waiting', terms: ours, until },
  'waiting in vain': { kind: 'waiting', terms: ours, until: now },
  asking: { kind: 'asking', terms: ours, until },
  'asking for the last time': { kind: 'asking', terms: ours, until: now + 10 },
  watching: { kind: 'watching', terms: theirs, until: now },
}
const events: Readonly<Record<string, SessionEvent>> = {
  'we agreed to refresh': { kind: 'agreed', terms: ours },
  'the peer agreed to refresh': { kind: 'agreed', terms: theirs },
  'no timer': { kind: 'agreed', terms: undefined },
  ring: { kind: 'ring' },
  '408': { kind: 'refused', status: 408, pauseMs: 5000 },
  '481': { kind: 'refused', status: 481, pauseMs: 5000 },
  '491': { kind: 'refused', status: 491, pauseMs: 2500 },
  '422 with more': { kind: 'refused', status: 422, pauseMs: 5000, minSec: 3600 },
  '422 without sense': { kind: 'refused', status: 422, pauseMs: 5000, minSec: 90 },
  '500': { kind: 'refused', status: 500, pauseMs: 5000 },
}

/** By `<state> + <event>`: the next state and what is done. A pair that stands nowhere must change nothing. */
const expected: Readonly<Record<string, string>> = {
  ...forEach(Object.keys(states), name => ({
    [`${name} + we agreed to refresh`]: 'waiting: wake in 900000',
    [`${name} + the peer agreed to refresh`]: 'watching: wake in 60000',
    ...(name !== 'off' && { [`${name} + no timer`]: 'off: sleep' }),
  })),
  'waiting + ring': 'asking: wake in 100000, refresh',
  'waiting in vain + ring': 'off: sleep, expire',
  'watching + ring': 'off: sleep, expire',
  ...forEach(['asking', 'asking for the last time'], name => ({
    [`${name} + ring`]: 'off: sleep, expire',
    [`${name} + 408`]: 'off: sleep, expire',
    [`${name} + 481`]: 'off: sleep, expire',
  })),
  'asking + 491': 'waiting: wake in 2500',
  'asking + 500': 'waiting: wake in 5000',
  'asking + 422 with more': 'asking: wake in 100000, refresh',
  'asking + 422 without sense': 'waiting: wake in 5000',
  'asking for the last time + 491': 'waiting: wake in 10',
  'asking for the last time + 500': 'waiting: wake in 10',
  'asking for the last time + 422 with more': 'asking: wake in 10, refresh',
  'asking for the last time + 422 without sense': 'waiting: wake in 10',
}

t.test('every event in every state of a session timer', async t => {
  for (const [stateName, state] of Object.entries(states)) {
    for (const [eventName, event] of Object.entries(events)) {
      const pair = `${stateName} + ${eventName}`
      const [next, ...effects] = stepSession(state, event, now)
      t.equal(`${next.kind}: ${text(effects)}`, expected[pair] ?? `${state.kind}: nothing`, pair)
      if (expected[pair] === undefined) t.equal(next, state, `${pair} leaves the state alone`)
    }
  }
})

t.test('a peer that wants a longer interval gets it in the next refresh', async t => {
  const [next] = stepSession({ kind: 'asking', terms: ours, until }, events['422 with more'] ?? ring, now)
  t.match(next, { terms: { seconds: 3600, refresher: 'us' } })
})

t.test(
  'the call ends a third of a short interval before the peer would end it, of a long one 32 s',
  async t => {
    const [short] = stepSession(noSession, { kind: 'agreed', terms: theirs }, 0)
    const [long] = stepSession(noSession, { kind: 'agreed', terms: { ...theirs, seconds: 1800 } }, 0)
    t.match(short, { until: 60_000 })
    t.match(long, { until: 1_768_000 })
  },
)

const ring: SessionEvent = { kind: 'ring' }

function text(effects: readonly SessionEffect[]): string {
  const words = effects.map(effect => (effect.kind === 'wake' ? `wake in ${effect.at - now}` : effect.kind))
  return words.join(', ') || 'nothing'
}

function forEach(
  names: readonly string[],
  lines: (name: string) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.assign({}, ...names.map(lines))
}
