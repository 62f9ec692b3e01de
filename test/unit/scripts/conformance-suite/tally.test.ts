import t from 'tap'
import { mochaTally, tapeTally } from '../../../../scripts/conformance-suite/tally.ts'

const tape = (...lines: readonly string[]): string => ['TAP version 13', '# B2B', ...lines, ''].join('\n')

t.test('the assertions of a tape run are counted', async t => {
  t.strictSame(tapeTally(tape('ok 1 a', 'ok 2 b', '', '1..2', '# tests 2', '# pass  2', '', '# ok'), 0), {
    passed: 2,
    failed: 0,
    complaints: [],
  })
})

t.test('a failed assertion is told by its name', async t => {
  const output = tape(
    'ok 1 a',
    'not ok 2 b',
    '  ---',
    '  at: x',
    '1..2',
    '# tests 2',
    '# pass  1',
    '# fail  1',
  )
  t.strictSame(tapeTally(output, 1), { passed: 1, failed: 1, complaints: ['not ok 2 b'] })
})

t.test('a run that stops, hangs or ends badly has failed, whatever passed before', async t => {
  t.match(tapeTally(tape('ok 1 a'), 0), { passed: 1, failed: 1, complaints: [/stopped before its end/] })
  t.match(tapeTally(tape('ok 1 a'), null), { failed: 1, complaints: ['was ended, it took too long'] })
  t.match(tapeTally(tape('ok 1 a', '# ok'), 7), { failed: 1, complaints: [/exit code 7/] })
  t.match(tapeTally('', 1), { passed: 0, failed: 1 })
})

t.test('the report of mocha is counted, and its absence is a failure', async t => {
  const failures = [{ title: 'b', fullTitle: 'suite "b"', err: {} }]
  const report = JSON.stringify({ stats: { tests: 3, passes: 2, failures: 1 }, tests: [], failures }, null, 2)
  t.strictSame(mochaTally(report), { passed: 2, failed: 1, complaints: ['suite \\"b\\"'] })
  t.match(mochaTally(JSON.stringify({ stats: { passes: 52, failures: 0 } })), { passed: 52, failed: 0 })
  t.match(mochaTally(''), { passed: 0, failed: 1, complaints: ['mocha left no report'] })
})
