import t from 'tap'
import { createMetrics, single } from '../../../../engine/observe/metrics.ts'
import { messageCounts } from '../../../../engine/observe/message-counts.ts'
import { sip } from '../../../support/transport-peers.ts'

t.test('a counter counts by its labels, and a gauge is read when somebody looks', async t => {
  const metrics = createMetrics()
  const counter = metrics.counter('c', 'help', ['reason'])
  let value = 1
  metrics.gauge('g', 'help', [], () => single(value))
  counter.add('a')
  counter.add('a')
  counter.add('b')
  value = 5
  const [c, g] = metrics.families()
  t.strictSame(c?.read(), [
    { labels: ['a'], value: 2 },
    { labels: ['b'], value: 1 },
  ])
  t.strictSame(g?.read(), [{ labels: [], value: 5 }])
  t.equal(metrics.counter('c', 'help', ['reason']), counter)
})

t.test('no peer can make more than so many numbers', async t => {
  const metrics = createMetrics()
  const counter = metrics.counter('c', 'help', ['a', 'b'])
  for (let n = 0; n < 10_000; n += 1) counter.add(`label ${n % 5000}`, 'x')
  const samples = metrics.families()[0]?.read() ?? []
  t.equal(samples.length, 201)
  t.equal(
    samples.reduce((sum, one) => sum + one.value, 0),
    10_000,
  )
  t.ok(samples.some(({ labels }) => labels[0] === 'other'))
})

t.test('messages are counted by direction, method and status', async t => {
  const metrics = createMetrics()
  const tap = messageCounts(metrics)
  const end = { host: '192.0.2.1', port: 5060 }
  const say = (direction: 'in' | 'out', bytes: Buffer): void =>
    tap({ direction, bytes, transport: 'udp', local: end, peer: end })
  say('in', sip('one'))
  say('in', Buffer.from('GOSSIP sip:a SIP/2.0\r\n\r\n'))
  say('out', Buffer.from('SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\n\r\n'))
  say('out', Buffer.from('SIP/2.0 999 OK\r\nCSeq: 1 OPTIONS\r\n\r\n'))
  const seen = metrics.families().flatMap(({ name, read }) => read().map(({ labels }) => [name, ...labels]))
  t.strictSame(seen, [
    ['drachtio_sip_requests_in_total', 'OPTIONS'],
    ['drachtio_sip_requests_in_total', 'other'],
    ['drachtio_sip_responses_out_total', 'OPTIONS', '200'],
    ['drachtio_sip_responses_out_total', 'OPTIONS', 'other'],
  ])
})
