import * as fc from 'fast-check'
import t from 'tap'
import {
  beginProxy,
  maxTargets,
  stepProxy,
  type ProxyEffect,
  type ProxyEvent,
  type ProxyState,
} from '../../../../engine/control/proxy-core.ts'
import { bestOf, durationMs, type ProxyPlan } from '../../../../engine/control/proxy-plan.ts'

const plan = (changes: Partial<ProxyPlan> = {}): ProxyPlan => ({
  targets: ['sip:a', 'sip:b', 'sip:c'],
  isInvite: true,
  isSerial: true,
  followsRedirects: false,
  provisionalMs: undefined,
  finalMs: undefined,
  ...changes,
})

const heard = (branch: number, status: number, ...contacts: readonly string[]): ProxyEvent => ({
  kind: 'response',
  branch,
  status,
  contacts,
})

const late = (branch: number, timer: 'provisional' | 'final'): ProxyEvent => ({ kind: 'late', branch, timer })

/** Every effect of a run, in short words. */
function run(given: Partial<ProxyPlan>, ...events: readonly ProxyEvent[]): readonly string[] {
  const [begun, ...first] = beginProxy(plan(given))
  let state: ProxyState = begun
  const all: string[] = first.map(words)
  for (const event of events) {
    const [next, ...effects] = stepProxy(state, event)
    state = next
    all.push('|', ...effects.map(words))
  }
  return all
}

function words(effect: ProxyEffect): string {
  switch (effect.kind) {
    case 'ask':
      return `ask ${effect.branch} ${effect.target}`
    case 'watch':
      return `watch ${effect.branch} ${effect.timer} ${effect.ms}`
    case 'answer':
      return `answer ${effect.branch} ${effect.status}`
    case 'cancel':
      return `cancel ${effect.branch}`
    case 'unwatch':
      return `unwatch ${effect.branch}${effect.timer === undefined ? '' : ` ${effect.timer}`}`
    case 'report':
    case 'done':
      return effect.kind
  }
}

const parallel = { isSerial: false }
const cases: readonly [name: string, given: Partial<ProxyPlan>, ProxyEvent[], effects: string][] = [
  [
    'serial: asks the next after a refusal',
    {},
    [heard(0, 486)],
    'ask 0 sip:a | unwatch 0 report ask 1 sip:b',
  ],
  [
    'serial: tells the best refusal when nobody is left',
    { targets: ['sip:a', 'sip:b'] },
    [heard(0, 404), heard(1, 503)],
    'ask 0 sip:a | unwatch 0 report ask 1 sip:b | unwatch 1 report answer 0 404 done',
  ],
  [
    'an answer ends the search',
    {},
    [heard(0, 100), heard(0, 180), heard(0, 200)],
    'ask 0 sip:a | unwatch 0 provisional | unwatch 0 provisional | unwatch 0 report done',
  ],
  [
    'simultaneous: an answer cancels the others',
    parallel,
    [heard(1, 200), heard(0, 487), heard(2, 200)],
    'ask 0 sip:a ask 1 sip:b ask 2 sip:c | unwatch 0 unwatch 1 unwatch 2 cancel 0 cancel 2 report done | |',
  ],
  [
    'simultaneous: a 6xx cancels the others and is told when they have ended',
    parallel,
    [heard(1, 603), heard(0, 487), heard(2, 486)],
    'ask 0 sip:a ask 1 sip:b ask 2 sip:c | unwatch 1 report cancel 0 cancel 2 | unwatch 0 report | unwatch 2 report answer 1 603 done',
  ],
  ['serial: a 6xx asks nobody else', {}, [heard(0, 600)], 'ask 0 sip:a | unwatch 0 report answer 0 600 done'],
  [
    'serial: a challenge asks nobody else',
    {},
    [heard(0, 407)],
    'ask 0 sip:a | unwatch 0 report answer 0 407 done',
  ],
  [
    'simultaneous: a challenge waits for the others, who may answer',
    { ...parallel, targets: ['sip:a', 'sip:b'] },
    [heard(0, 401), heard(1, 200)],
    'ask 0 sip:a ask 1 sip:b | unwatch 0 report | unwatch 1 report done',
  ],
  [
    'a 503 is told as 500',
    { targets: ['sip:a'] },
    [heard(0, 503)],
    'ask 0 sip:a | unwatch 0 report answer 0 500 done',
  ],
  [
    'redirections are followed, each once, before the targets that wait',
    { followsRedirects: true, targets: ['sip:a', 'sip:b'] },
    [heard(0, 302, 'sip:x', 'sip:a', 'sip:x'), heard(1, 301, 'sip:a'), heard(2, 486)],
    'ask 0 sip:a | unwatch 0 report ask 1 sip:x | unwatch 1 report ask 2 sip:b | unwatch 2 report answer 1 301 done',
  ],
  [
    'redirections are told when they are not to be followed',
    { targets: ['sip:a'] },
    [heard(0, 302, 'sip:x')],
    'ask 0 sip:a | unwatch 0 report answer 0 302 done',
  ],
  [
    'a target that says nothing in time is cancelled and the next one asked',
    { provisionalMs: 500, targets: ['sip:a', 'sip:b'] },
    [late(0, 'provisional'), heard(1, 200)],
    'watch 0 provisional 500 ask 0 sip:a | unwatch 0 cancel 0 watch 1 provisional 500 ask 1 sip:b | unwatch 1 report done',
  ],
  [
    'a target that has rung is not late for the first response',
    { provisionalMs: 500, targets: ['sip:a'] },
    [heard(0, 180), late(0, 'provisional')],
    'watch 0 provisional 500 ask 0 sip:a | unwatch 0 provisional |',
  ],
  [
    'a target that rings for too long is cancelled; with nobody left the caller hears 408',
    { finalMs: 9000, targets: ['sip:a'] },
    [heard(0, 180), late(0, 'final')],
    'watch 0 final 9000 ask 0 sip:a | unwatch 0 provisional | unwatch 0 cancel 0 answer 0 408 done',
  ],
  [
    'a target that was given up and answers after all ends the search',
    { provisionalMs: 500, targets: ['sip:a', 'sip:b'] },
    [late(0, 'provisional'), heard(0, 200)],
    'watch 0 provisional 500 ask 0 sip:a | unwatch 0 cancel 0 watch 1 provisional 500 ask 1 sip:b | unwatch 1 cancel 1 report done',
  ],
  [
    'nobody else is asked when the caller hangs up, and it ends with what the target says',
    {},
    [heard(0, 180), { kind: 'cancelled' }, heard(0, 487)],
    'ask 0 sip:a | unwatch 0 provisional | cancel 0 | unwatch 0 report answer 0 487 done',
  ],
  [
    'a caller who hung up hears 487 when the target stays silent',
    { targets: ['sip:a'] },
    [{ kind: 'cancelled' }, heard(0, 408)],
    'ask 0 sip:a | cancel 0 | unwatch 0 report answer 0 487 done',
  ],
  [
    'an answer that crosses the CANCEL counts',
    { targets: ['sip:a'] },
    [heard(0, 180), { kind: 'cancelled' }, heard(0, 200)],
    'ask 0 sip:a | unwatch 0 provisional | cancel 0 | unwatch 0 report done',
  ],
  [
    'a target that cannot be sent to counts as one that refuses',
    { targets: ['sip:a', 'sip:b'] },
    [{ kind: 'unsent', branch: 0, status: 503 }, heard(1, 480)],
    'ask 0 sip:a | unwatch 0 ask 1 sip:b | unwatch 1 report answer 1 480 done',
  ],
  [
    'the sender of anything but an INVITE is not told that nobody answered',
    { isInvite: false, targets: ['sip:a'] },
    [heard(0, 408)],
    'ask 0 sip:a | unwatch 0 report done',
  ],
  ['no targets at all', { targets: [] }, [], 'answer -1 480 done'],
]

for (const [name, given, events, effects] of cases) {
  t.test(name, async t => {
    t.equal(run(given, ...events).join(' '), effects)
  })
}

const best = (...statuses: readonly number[]): number | undefined =>
  bestOf(statuses.map((status, branch) => ({ branch, status })))?.status

t.test('of several refusals the caller hears the one that helps most', async t => {
  t.equal(best(404, 503, 486), 404, 'the first of the lowest class')
  t.equal(best(486, 408, 302), 302)
  t.equal(best(486, 407), 407, 'a challenge can be answered')
  t.equal(best(408, 486), 486, 'any word is better than silence')
  t.equal(best(302, 401, 603), 603, 'a 6xx speaks for the user everywhere')
  t.equal(best(), undefined)
})

t.test('times are read as drachtio-srf documents them, and bounded', async t => {
  t.equal(durationMs('500ms'), 500)
  t.equal(durationMs('2s'), 2000)
  t.equal(durationMs('1500'), 1500)
  t.equal(durationMs('999999999s'), 3_600_000)
  for (const text of ['', '0s', '-1s', '1.5s', 's', '1m', '1e9']) t.equal(durationMs(text), undefined, text)
})

t.test(
  'whatever happens, each target is asked once, and the end comes once and only after all have ended',
  async () => {
    const status = fc.constantFrom(100, 180, 200, 302, 401, 404, 486, 503, 600)
    const branch = fc.nat(6)
    const event: fc.Arbitrary<ProxyEvent> = fc.oneof(
      fc.record({
        kind: fc.constant('response' as const),
        branch,
        status,
        contacts: fc.array(fc.constantFrom('sip:a', 'sip:x', 'sip:y'), { maxLength: 3 }),
      }),
      fc.record({
        kind: fc.constant('late' as const),
        branch,
        timer: fc.constantFrom('provisional', 'final'),
      }),
      fc.record({ kind: fc.constant('unsent' as const), branch, status: fc.constant(503) }),
      fc.constant({ kind: 'cancelled' as const }),
    )
    const given = fc.record({
      isSerial: fc.boolean(),
      followsRedirects: fc.boolean(),
      isInvite: fc.boolean(),
    })
    fc.assert(
      fc.property(given, fc.array(event, { maxLength: 40 }), (changes, events) => {
        const all = run({ ...changes, provisionalMs: 1, finalMs: 2 }, ...events)
        const asked = all.filter(word => word.startsWith('ask')).map(word => word.split(' ')[2])
        const [end, ...more] = all.flatMap((word, at) => (word === 'done' ? [at] : []))
        const after = end === undefined ? [] : all.slice(end + 1).filter(word => word !== '|')
        return new Set(asked).size === asked.length && more.length === 0 && after.length === 0
      }),
    )
  },
)

t.test('redirections cannot make it ask without end', async t => {
  let [state, ...effects] = beginProxy(plan({ targets: ['sip:0'], followsRedirects: true }))
  let asked = 0
  for (let turn = 0; turn < 100; turn += 1) {
    asked += effects.filter(({ kind }) => kind === 'ask').length
    ;[state, ...effects] = stepProxy(state, heard(turn, 302, `sip:${turn + 1}`, `sip:other${turn}`))
  }
  t.equal(asked, maxTargets)
})
