/**
 * Runs test files, each in a process of its own, and prints the time of each, what failed, and as its last line
 * `N passed, N failed`, counted in assertions and files that ended badly. Every test, unless some are named; from source, or with
 * `--compiled` from what `npm run build:tests` made.
 */
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runFile } from './testing/run-file.ts'
import { compiledFolder, everyTest, wantsNamespace } from './testing/test-files.ts'

/** More than there are cores: most files wait now and then, for a timer or for Asterisk. */
const atOnce = 3
const root = fileURLToPath(new URL('..', import.meta.url))
const { values, positionals } = parseArgs({
  options: { compiled: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const named = positionals.map(file => relative(root, resolve(file)))
const files = named.length > 0 ? named : await everyTest(root)
const waiting = [...files]
const counts = { passed: 0, failed: 0, files: 0 }

async function runWaiting(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const began = performance.now()
    const { passed, failed, told } = await runFile({
      file: values.compiled ? join(root, compiledFolder, name.replace(/\.ts$/, '.js')) : join(root, name),
      hasNamespace: await wantsNamespace(join(root, name)),
      nodeArguments: values.compiled ? [] : ['--import', 'tsx'],
    })
    counts.passed += passed
    counts.failed += failed
    counts.files += 1
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    for (const line of told) console.log(`    ${line}`)
    console.log(
      `${failed === 0 ? 'ok' : 'not ok'} ${counts.files}/${files.length} ${name}, ${passed} passed, ${seconds} s`,
    )
  }
}

await Promise.all(Array.from({ length: atOnce }, runWaiting))
console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed > 0 ? 1 : 0
