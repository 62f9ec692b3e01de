import t from 'tap'
import { createLossWatch } from '../../../../proxy/route/loss-watch.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** A server that answers OPTIONS or not, and sends so many packets between two looks. */
function world(options: { answers: boolean; sends: number | undefined }) {
  const clock = new ManualClock()
  const lost: string[] = []
  const looks: string[] = []
  let count = 0
  const watch = createLossWatch({
    answers: async server => {
      looks.push(server)
      return options.answers
    },
    packets: async () => {
      if (options.sends === undefined) return new Map()
      count += options.sends
      return new Map([['c1', count]])
    },
    onLost: server => lost.push(server),
    clock,
    log: silentLog,
  })
  return {
    watch,
    options,
    lost,
    looks,
    pass: async (ms: number): Promise<void> => {
      for (let gone = 0; gone < ms; gone += 50) {
        await new Promise(resolve => setImmediate(resolve))
        clock.advance(50)
      }
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}

t.test('a server that neither answers nor sends is lost, and told so once', async t => {
  const { watch, lost, pass } = world({ answers: false, sends: 0 })
  watch.managerSilent('ms-1', true)
  await pass(500)
  t.strictSame(lost, ['ms-1'])
  watch.managerSilent('ms-1', true)
  await pass(2_000)
  t.strictSame(lost, ['ms-1'])
})

t.test('one from which media comes is busy, and looked at again until it answers', async t => {
  const { watch, options, lost, looks, pass } = world({ answers: false, sends: 5 })
  watch.managerSilent('ms-1', true)
  await pass(2_000)
  t.strictSame(lost, [])
  t.ok(looks.length >= 2)
  watch.managerSilent('ms-1', false)
  await pass(500)
  const before = looks.length
  await pass(2_000)
  t.equal(looks.length, before)
  watch.managerSilent('ms-1', true)
  options.sends = 0
  await pass(500)
  t.strictSame(lost, ['ms-1'])
})

t.test('nothing is concluded where no call could tell, nor of a server that answers', async t => {
  for (const options of [
    { answers: false, sends: undefined },
    { answers: true, sends: 0 },
  ]) {
    const { watch, lost, pass } = world(options)
    watch.managerSilent('ms-1', true)
    await pass(3_000)
    watch.stop()
    t.strictSame(lost, [])
  }
})
