import t, { type Test } from 'tap'
import { createMetrics, single } from '../../../../engine/observe/metrics.ts'
import { createMetricsServer, type MetricsServer } from '../../../../selector/http/metrics-server.ts'

const counted = createMetrics()
counted.gauge('open', 'Open', [], () => single(3))

async function started(t: Test): Promise<MetricsServer> {
  const listening = { setting: 'listen.metrics', host: '127.0.0.1', port: 0 }
  const server = createMetricsServer({ listening, families: counted.families() })
  await server.start()
  t.teardown(() => server.stop())
  return server
}

t.test('a scrape shows what is counted and what Node tells of the process', async t => {
  const server = await started(t)
  const answer = await fetch(server.url())
  t.match(answer.headers.get('Content-Type'), /^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  t.match(text, /^open 3$/m)
  t.match(text, /^process_resident_memory_bytes \d+$/m)
})

t.test('there is nothing but GET /metrics', async t => {
  const server = await started(t)
  const other = new URL('/', server.url())
  t.equal((await fetch(other)).status, 404)
  t.equal((await fetch(server.url(), { method: 'POST' })).status, 405)
})

t.test('an address in use is told with the setting to change', async t => {
  const first = new URL((await started(t)).url())
  const listening = { setting: 'listen.metrics', host: first.hostname, port: Number(first.port) }
  const second = createMetricsServer({ listening, families: [] })
  t.teardown(() => second.stop())
  await t.rejects(second.start(), {
    code: 'E_PORT_IN_USE',
    message: /^listen\.metrics: .* set listen\.metrics\.host or listen\.metrics\.port/,
  })
})

t.test('after a stop nobody answers', async t => {
  const server = await started(t)
  const url = server.url()
  await server.stop()
  await t.rejects(fetch(url))
})
