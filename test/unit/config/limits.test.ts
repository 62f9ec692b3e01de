import t from 'tap'
import { configSchema } from '../../../config/schema.ts'
import { transportDefaults } from '../../../engine/transport/transport-options.ts'

t.test('the defaults of the settings are those of the transports', async t => {
  const settings = new Map<string, unknown>(Object.entries(configSchema.parse({}).limits))
  const shared = Object.entries(transportDefaults.limits).filter(([name]) => settings.has(name))
  t.ok(shared.length > 10)
  for (const [name, value] of shared) t.equal(settings.get(name), value, name)
})
