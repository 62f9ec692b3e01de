import * as fc from 'fast-check'
import t from 'tap'
import { ByteStore } from '../../../../engine/observe/byte-store.ts'

t.test('what is put is found again, head first, until it is dropped, and all room comes back', t => {
  const put = fc.record({ head: fc.string({ unit: 'binary-ascii', maxLength: 40 }), length: fc.nat(3000) })
  const steps = fc.array(fc.oneof(put, fc.record({ drop: fc.nat(20) })), { maxLength: 60 })
  fc.assert(
    fc.property(steps, all => {
      const store = new ByteStore(10_000)
      const kept = new Map<number, Buffer>()
      for (const [turn, step] of all.entries()) {
        if ('drop' in step) {
          const at = [...kept.keys()][step.drop]
          if (at !== undefined && kept.delete(at)) store.drop(at)
        } else {
          const bytes = Buffer.alloc(step.length, turn + 1)
          const at = store.put(step.head, bytes)
          if (at !== undefined) kept.set(at, Buffer.concat([Buffer.from(step.head, 'latin1'), bytes]))
        }
        for (const [at, bytes] of kept) if (!store.get(at).equals(bytes)) return false
      }
      for (const at of kept.keys()) store.drop(at)
      return store.put('', Buffer.alloc(9_728)) !== undefined
    }),
  )
  t.end()
})

t.test('there is no room for more than the capacity, in whole blocks', async t => {
  const store = new ByteStore(1100)
  t.equal(store.canHold(1024), true)
  t.equal(store.canHold(1025), false)
  t.equal(store.put('', Buffer.alloc(1025)), undefined)
  const first = store.put('', Buffer.alloc(512)) ?? -1
  t.ok(store.put('', Buffer.alloc(1)) !== undefined)
  t.equal(store.put('', Buffer.alloc(0)), undefined)
  store.drop(first)
  t.ok(store.put('', Buffer.alloc(0)) !== undefined)
})

t.test('of a head 256 characters count', async t => {
  const store = new ByteStore(1024)
  const at = store.put('h'.repeat(300), Buffer.from('body')) ?? -1
  t.equal(store.get(at).toString(), `${'h'.repeat(256)}body`)
})
