import t from 'tap'
import { randomHex } from '../../../../engine/random.ts'

t.test('random text has the length that was asked for', async t => {
  for (const bytes of [0, 1, 8, 4096]) t.match(randomHex(bytes), new RegExp(`^[0-9a-f]{${bytes * 2}}$`))
})

t.test('no two draws are alike, also beyond one page', async t => {
  const drawn = new Set(Array.from({ length: 2000 }, () => randomHex(8)))
  t.equal(drawn.size, 2000)
})

t.test('more than a page cannot be drawn', async t => {
  t.throws(() => randomHex(4097), { name: 'RangeError' })
})
