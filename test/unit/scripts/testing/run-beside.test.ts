import t from 'tap'
import { runBeside } from '../../../../scripts/testing/run-beside.ts'

t.test('a command that succeeds is one more test that passed', async t => {
  t.strictSame(await runBeside('echo fine'), { passed: 1, failed: 0, told: [] })
})

t.test('one that fails tells all that it printed, and how it ended', async t => {
  t.strictSame(await runBeside('echo out; echo wrong >&2; exit 3'), {
    passed: 0,
    failed: 1,
    told: ['out', 'wrong', 'exit code 3'],
  })
})

t.test('it is given what others leave of the processors', async t => {
  const { told } = await runBeside('nice; exit 1')
  t.equal(told[0], '19')
})
