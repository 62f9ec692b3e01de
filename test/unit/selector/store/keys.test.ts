import * as fc from 'fast-check'
import t from 'tap'
import { keysOf, part } from '../../../../selector/store/keys.ts'

t.test('plain ids stay readable', async t => {
  t.equal(keysOf('main').binding('anna.1'), 'portico:{main}:binding:anna.1')
  t.equal(keysOf('main').load('ms-a'), `${keysOf('main').prefix}load:ms-a`)
  t.equal(keysOf('main').reservations('ms-a'), `${keysOf('main').prefix}reservations:ms-a`)
})

t.test('nothing that somebody calls himself leaves its place in a key', async t => {
  for (const name of ['', '*', 'a:b', '{x}', '}', 'a b', 'ä', '\r\n', '~YQ', '[a-z]', 'x'.repeat(129)]) {
    t.match(keysOf(name).pin(name), /^portico:\{[\w.~-]+\}:pin:[\w.~-]+$/, JSON.stringify(name))
  }
})

t.test('no two names share a key', async t => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.stringMatching(/^[~a-z]{0,4}$/),
    fc.constant('~YQBi'),
  )
  fc.assert(
    fc.property(name, name, (a, b) => (a === b) === (part(a) === part(b))),
    { numRuns: 2_000 },
  )
  t.pass()
})
