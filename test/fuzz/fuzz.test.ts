import t from 'tap'
import { createFuzzer, crashersOf } from './fuzzer.ts'
import { seedsOf } from './seeds.ts'
import { target, targetNames } from './targets.ts'

/** By hand: PORTICO_FUZZ_SECONDS=900 scripts/test test/fuzz/fuzz.test.ts. */
const seconds = Number(process.env['PORTICO_FUZZ_SECONDS'] ?? 20)
/** Far below what a target reaches in a second, far above what a harness that does not feed it would reach. */
const fewest = 100
t.setTimeout(60_000 + targetNames.length * seconds * 1000)

for (const name of targetNames) {
  t.test(`${name}: every message of the RFCs, and what has once broken it, is taken`, async t => {
    const fuzz = await target(name)
    for (const seed of seedsOf(name)) t.doesNotThrow(() => fuzz(seed))
    for (const { file, data } of crashersOf(name)) t.doesNotThrow(() => fuzz(data), file)
  })
}

t.test('nothing that a fuzzer finds breaks a target', async t => {
  const fuzzer = await createFuzzer()
  t.teardown(() => fuzzer.close())
  const waiting = [...targetNames]
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const { crasher, executions, coverage, output } = await fuzzer.run(name, seconds)
      t.equal(crasher, undefined, `${name} is not broken\n${output.join('\n')}`)
      t.ok(
        executions > fewest && coverage > 0,
        `${name} was run ${executions} times and reached ${coverage} points\n${output.join('\n')}`,
      )
    }
  }
  await Promise.all([work(), work()])
})
