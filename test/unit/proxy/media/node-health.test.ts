import t from 'tap'
import {
  afterAnswer,
  afterSilence,
  healthy,
  mayBeAsked,
  type NodeHealth,
} from '../../../../proxy/media/node-health.ts'

t.test('one silence puts a node out, and it is left alone for a second', async t => {
  const out = afterSilence(healthy, 5_000)
  t.strictSame(out, { kind: 'out', until: 6_000, outs: 1 })
  t.equal(mayBeAsked(out, 5_999), false)
  t.equal(mayBeAsked(out, 6_000), true)
})

t.test('a sign of life brings it back, a late one from before does not', async t => {
  const out = afterSilence(healthy, 5_000)
  t.equal(afterAnswer(out, 5_500), out)
  t.strictSame(afterAnswer(out, 6_500), { kind: 'up', since: 6_500, outs: 1 })
})

t.test('each relapse doubles the time, to a minute at most', async t => {
  let now = 0
  let health: NodeHealth = healthy
  const times: number[] = []
  for (let turn = 0; turn < 8; turn += 1) {
    health = afterSilence(health, now)
    const { until } = health.kind === 'out' ? health : { until: now }
    times.push(until - now)
    now = until
    health = afterAnswer(health, now)
  }
  t.strictSame(times, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
})

t.test('silence while out counts as a relapse, and a calm minute forgets them all', async t => {
  const twice = afterSilence(afterSilence(healthy, 0), 1_000)
  t.match(twice, { until: 3_000, outs: 2 })
  const back = afterAnswer(twice, 3_000)
  t.match(afterSilence(back, 62_999), { outs: 3 })
  t.match(afterSilence(back, 63_000), { outs: 1, until: 64_000 })
})

t.test('an answer changes nothing for a node that is up', async t => {
  t.equal(afterAnswer(healthy, 9), healthy)
})
