import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * Runs tap over the given paths (default: every test) and prints what failed, the time of each file, and as its last
 * line `N passed, N failed`, counted in assertions and test files that ended badly.
 */
const args = ['--reporter=tap', '--disable-coverage', '--allow-incomplete-coverage', ...process.argv.slice(2)]
const tap = spawn('npx', ['tap', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
const counts = { passed: 0, failed: 0 }

for await (const text of createInterface({ input: tap.stdout })) {
  // Test names may hold what a hostile peer sends.
  const line = text.replaceAll(/\p{Cc}/gu, '?')
  const depth = line.search(/\S/)
  const result = /^\s*(not ok|ok) \d+/.exec(line)?.[1]
  if (result === 'not ok') counts.failed += 1
  else if (result === 'ok' && depth > 0) counts.passed += 1
  // A file's own line stands at the margin and is always shown; of what is inside, only what went wrong.
  const isWrong = result === 'not ok' || (depth > 0 && result === undefined && counts.failed > 0)
  if (isWrong || (depth === 0 && result === 'ok')) process.stdout.write(`${line}\n`)
}

const code = await new Promise<number>(resolve => {
  if (tap.exitCode !== null) resolve(tap.exitCode)
  else tap.once('close', status => resolve(status ?? 1))
})
if (code !== 0 && counts.failed === 0) counts.failed = 1
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed\n`)
process.exitCode = code
