import { Registry } from 'prom-client'
import t from 'tap'
import { createMetrics, single } from '../../../../engine/observe/metrics.ts'
import { addFamilies } from '../../../../selector/http/families.ts'

t.test('what was counted elsewhere is shown as it is at each scrape', async t => {
  const metrics = createMetrics()
  const refused = metrics.counter('refused_total', 'Refused', ['reason', 'code'])
  let open = 1
  metrics.gauge('open', 'Open', [], () => single(open))
  const registry = new Registry()
  addFamilies(registry, metrics.families())
  refused.add('late', '503')
  t.match(await registry.metrics(), /^refused_total\{reason="late",code="503"\} 1$/m)
  refused.add('late', '503')
  refused.add('early "x"', '400')
  open = 3
  const text = await registry.metrics()
  t.match(text, /^refused_total\{reason="late",code="503"\} 2$/m)
  t.match(text, /^refused_total\{reason="early \\"x\\"",code="400"\} 1$/m)
  t.match(text, /^# TYPE refused_total counter$/m)
  t.match(text, /^open 3$/m)
})
