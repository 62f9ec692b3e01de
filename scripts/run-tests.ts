import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * Runs tap over the given paths (default: every test) and prints what failed, the time of each file, and as its last
 * line `N passed, N failed`, counted in assertions and test files that ended badly.
 */
const args = ['--reporter=tap', '--disable-coverage', '--allow-incomplete-coverage', ...process.argv.slice(2)]
const tap = spawn('npx', ['tap', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
const counts = { passed: 0, failed: 0 }

for await (const line of createInterface({ input: tap.stdout })) {
  const depth = line.search(/\S/)
  const result = /^\s*(not ok|ok) \d+/.exec(line)
  // A file's own line stands at the margin; assertions and subtests stand deeper.
  if (depth === 0 && result) {
    process.stdout.write(`${line}\n`)
    if (result[1] === 'not ok') counts.failed += 1
  } else if (result?.[1] === 'ok') counts.passed += 1
  else if (result) counts.failed += 1
  if (result?.[1] === 'not ok' || (depth > 0 && counts.failed > 0 && !result))
    process.stdout.write(`${line}\n`)
}

const code = await new Promise<number>(resolve => {
  if (tap.exitCode !== null) resolve(tap.exitCode)
  else tap.once('close', status => resolve(status ?? 1))
})
if (code !== 0 && counts.failed === 0) counts.failed = 1
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed\n`)
process.exitCode = code
