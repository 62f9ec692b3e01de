import t from 'tap'
import {
  afterCall,
  afterDeath,
  afterProbe,
  afterWord,
  initialHealth,
  type HealthReason,
  type HealthState,
} from '../../../../selector/domain/health.ts'
import type { Health } from '../../../../selector/domain/media-server.ts'

/** `+` `-` `s`: a probe was answered, was not, said that the server shuts down; `C` `F`: a call succeeded, failed. */
function after(signs: string, state = initialHealth, msEach = 1): HealthState {
  return signs.split('').reduce((before, sign, index) => {
    const now = before.since + (index + 1) * msEach
    if (sign === 'C' || sign === 'F') return afterCall(before, sign === 'C' ? 'succeeded' : 'failed', now)
    const outcome = sign === '+' ? 'answered' : sign === '-' ? 'silent' : 'stopping'
    return afterProbe(before, outcome, now)
  }, state)
}

const cases: readonly [name: string, signs: string, health: Health, reason: HealthReason][] = [
  ['nothing is known at first', '', 'unknown', 'never-heard'],
  ['one answered probe puts an unknown server up', '+', 'up', 'probes-answered'],
  ['two silent probes change nothing', '+--', 'up', 'probes-answered'],
  ['three in a row put it down', '+---', 'down', 'probes-failed'],
  ['an answer between starts the count anew', '+--+--', 'up', 'probes-answered'],
  ['an unknown server goes down as well', '---', 'down', 'probes-failed'],
  ['one answer does not bring it back', '---+', 'down', 'probes-failed'],
  ['two in a row do', '---++', 'up', 'probes-answered'],
  ['silence between starts the count anew', '---+-+', 'down', 'probes-failed'],
  ['a server that shuts down says so once', '+s', 'stopping', 'shutting-down'],
  ['and is back when it takes that back', '+s++', 'up', 'probes-answered'],
  ['and goes down at its end', '+s---', 'down', 'probes-failed'],
  ['two failed calls change nothing', '+FF', 'up', 'probes-answered'],
  ['three in a row eject it, whatever the probes say', '+F+F+F', 'ejected', 'calls-failed'],
  ['a call that succeeds between starts the count anew', '+FFCFF', 'up', 'probes-answered'],
  ['half of ten failed calls eject it as well', '+FCFCFCFCCF', 'ejected', 'failure-share'],
  ['probes never bring it back', '+FFF++++++', 'ejected', 'calls-failed'],
  ['calls that were on their way tell nothing new', '+FFFFFF', 'ejected', 'calls-failed'],
]
for (const [name, signs, health, reason] of cases) {
  t.test(name, async t => t.match(after(signs), { health, reason }))
}

t.test('a server whose process has ended is down at once, and until two probes are answered', async t => {
  const dead = afterDeath(after('+'), 5)
  t.match(dead, { health: 'down', reason: 'died' })
  t.equal(after('+', dead).health, 'down')
  t.equal(after('-', dead).health, 'down')
  t.equal(after('++', dead).health, 'up')
  t.strictSame(afterDeath(dead, 9), dead, 'it dies once')
})

t.test('each ejection in a row lasts twice as long, up to five minutes', async t => {
  let state = after('+FFF')
  const lengths: number[] = []
  for (let i = 0; i < 6; i++) {
    lengths.push((state.until - state.since) / 1_000)
    state = afterCall(state, 'failed', state.until)
  }
  t.strictSame(lengths, [30, 60, 120, 240, 300, 300])
  t.match(state, { health: 'ejected', reason: 'trial-failed' })
})

t.test('a call that succeeds after the ejection brings it back; long after, all is forgiven', async t => {
  const out = after('+FFF')
  t.equal(afterCall(out, 'succeeded', out.until - 1).health, 'ejected', 'not before')
  const back = afterCall(out, 'succeeded', out.until)
  t.match(back, { health: 'up', reason: 'calls-succeeded', ejections: 1 })
  t.equal(afterCall(back, 'succeeded', back.since + 300_000).ejections, 0)
})

t.test('an ejected server that went down comes back on trial, not into full use', async t => {
  const state = after('---++', after('+FFF'))
  t.match(state, { health: 'ejected', reason: 'probes-answered' })
  t.equal(afterCall(state, 'succeeded', state.until).health, 'up')
})

t.test('what another door found is believed', async t => {
  const told = afterWord(after('+'), { health: 'ejected', until: 500, ejections: 2 }, 9)
  t.match(told, { health: 'ejected', until: 500, ejections: 2, reason: 'told-by-another-door' })
  t.equal(afterCall(told, 'failed', 500).ejections, 3, 'and a failed trial counts on from there')
  t.equal(afterWord(told, { health: 'unknown' }, 10), told)
})
