/**
 * Runs test files, each in a process of its own, and prints the time of each, what failed, and as its last line
 * `N passed, N failed`, counted in assertions and files that ended badly. Every test, unless some are named; from source, or with
 * `--compiled` from what `npm run build:tests` made. A command after `--beside` counts as one more test.
 */
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Judged } from './testing/judge.ts'
import { runBeside } from './testing/run-beside.ts'
import { runFile } from './testing/run-file.ts'
import { compiledFolder, everyTest, wantsNamespace } from './testing/test-files.ts'

/** More than there are cores: most files wait now and then, for a timer or for Asterisk. */
const atOnce = 3
const root = fileURLToPath(new URL('..', import.meta.url))
const { values, positionals } = parseArgs({
  options: { compiled: { type: 'boolean', default: false }, beside: { type: 'string' } },
  allowPositionals: true,
})
const { compiled, beside } = values
const named = positionals.map(file => relative(root, resolve(file)))
const files = named.length > 0 ? named : await everyTest(root)
const waiting = [...files]
const all = files.length + (beside === undefined ? 0 : 1)
const counts = { passed: 0, failed: 0, ended: 0 }

async function runWaiting(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const hasNamespace = await wantsNamespace(join(root, name))
    const file = compiled ? join(root, compiledFolder, name.replace(/\.ts$/, '.js')) : join(root, name)
    const nodeArguments = compiled ? [] : ['--import', 'tsx']
    await tell(name, () => runFile({ file, hasNamespace, nodeArguments }))
  }
}

async function tell(name: string, run: () => Promise<Judged>): Promise<void> {
  const began = performance.now()
  const { passed, failed, told } = await run()
  counts.passed += passed
  counts.failed += failed
  counts.ended += 1
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  for (const line of told) console.log(`    ${line}`)
  console.log(
    `${failed === 0 ? 'ok' : 'not ok'} ${counts.ended}/${all} ${name}, ${passed} passed, ${seconds} s`,
  )
}

await Promise.all([
  ...Array.from({ length: atOnce }, runWaiting),
  ...(beside === undefined ? [] : [tell(beside, () => runBeside(beside))]),
])
console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed > 0 ? 1 : 0
