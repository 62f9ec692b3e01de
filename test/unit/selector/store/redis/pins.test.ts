import t from 'tap'
import { silentLog } from '../../../../../runtime/log.ts'
import { keysOf } from '../../../../../selector/store/keys.ts'
import { clientOf, type Client } from '../../../../../selector/store/redis/client.ts'
import { createGarbage } from '../../../../../selector/store/redis/garbage.ts'
import { createRedisPins } from '../../../../../selector/store/redis/pins.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

const pin = { agent: 'anna', server: 'ms-1', call: 'c' }

/** Pins over a Redis that gives these answers, one after the other. */
function pinsOf(answers: (string | null)[]) {
  const client = clientOf('redis://127.0.0.1:1', { commandTimeout: 1, connectTimeout: 1 })
  if (!client) throw new Error('no client')
  const redis = Object.assign(client, { get: async () => answers.shift() ?? null })
  const connection = {
    ask: async <T>(command: (redis: Client) => Promise<T>): Promise<T> => command(redis),
    run: async () => 1,
    tryTo: async () => true,
  }
  return createRedisPins(connection, keysOf('f'), createGarbage(silentLog), 60_000, new ManualClock())
}

t.test('a pin that is not there is asked for a second time, and no more', async t => {
  const answers = [null, JSON.stringify(pin), null, null]
  const pins = pinsOf(answers)
  t.strictSame(await pins.get('anna'), pin)
  t.equal(await pins.get('anna'), undefined)
  t.strictSame(answers, [])
})

t.test('one that is there is asked for once', async t => {
  const answers = [JSON.stringify(pin), null]
  t.strictSame(await pinsOf(answers).get('anna'), pin)
  t.equal(answers.length, 1)
})
