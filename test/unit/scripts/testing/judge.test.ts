import t from 'tap'
import { judge } from '../../../../scripts/testing/judge.ts'

const good = ['TAP version 14', '# Subtest: one', '    ok 1 - a', '    1..1', 'ok 1 - one', '1..1']

t.test('every success counts, a subtest as one more', async t => {
  t.strictSame(judge(good, ''), { passed: 2, failed: 0, told: [] })
})

t.test('a failure is told with what follows it, without the successes', async t => {
  const lines = [
    'ok 1 - a',
    '    not ok 1 - b',
    '      ---',
    '      found: 2',
    '    ok 2 - c',
    'not ok 2 - d',
    '1..2',
  ]
  t.strictSame(judge(lines, 'exit code 1'), {
    passed: 2,
    failed: 2,
    told: ['    not ok 1 - b', '      ---', '      found: 2', 'not ok 2 - d', '1..2'],
  })
})

t.test('a file that ends badly has failed although each assertion holds', async t => {
  const { failed, told } = judge(good, 'exit code 7')
  t.equal(failed, 1)
  t.strictSame(told, [...good, 'exit code 7'])
})

t.test('so has one that asserts nothing', async t => {
  t.strictSame(judge(['TAP version 14', '1..0'], ''), {
    passed: 0,
    failed: 1,
    told: ['TAP version 14', '1..0', 'no assertion'],
  })
})

t.test('what a hostile peer put into the name of a test does not reach the terminal', async t => {
  t.strictSame(judge(['not ok 1 - \u001b[2J'], '').told, ['not ok 1 - ?[2J'])
})
