import * as fc from 'fast-check'
import t from 'tap'
import { ExpiryQueue } from '../../../../../selector/store/memory/expiry-queue.ts'

function allUntil(queue: ExpiryQueue, at: number): readonly string[] {
  const calls: string[] = []
  for (let call = queue.take(at); call !== undefined; call = queue.take(at)) calls.push(call)
  return calls
}

t.test('calls come out when their time has come, the soonest first', async t => {
  const queue = new ExpiryQueue()
  queue.set('late', 30)
  queue.set('soon', 10)
  queue.set('next', 20)
  t.strictSame(allUntil(queue, 9), [])
  t.strictSame(allUntil(queue, 20), ['soon', 'next'])
  t.strictSame(allUntil(queue, 99), ['late'])
})

t.test('what was taken back does not come, what was put off comes once and later', async t => {
  const queue = new ExpiryQueue()
  queue.set('gone', 10)
  queue.set('later', 10)
  queue.delete('gone')
  queue.set('later', 20)
  t.strictSame(allUntil(queue, 15), [])
  t.strictSame(allUntil(queue, 20), ['later'])
})

t.test('it says what a plain map would say, over any history', async t => {
  const step = fc.record({
    kind: fc.constantFrom('set', 'set', 'set', 'delete', 'take'),
    call: fc.nat(20).map(String),
    at: fc.nat(50),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const queue = new ExpiryQueue()
      const plain = new Map<string, number>()
      for (const { kind, call, at } of steps) {
        if (kind === 'set') {
          queue.set(call, at)
          plain.set(call, at)
        } else if (kind === 'delete') {
          queue.delete(call)
          plain.delete(call)
        } else {
          const due = [...plain].filter(([, expiry]) => expiry <= at).map(([id]) => id)
          for (const id of due) plain.delete(id)
          if (allUntil(queue, at).toSorted().join() !== due.toSorted().join()) return false
        }
      }
      return true
    }),
  )
  t.pass()
})
