import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { whole } from './lab-fleet/options.ts'
import { points } from '../test/sim/points.ts'
import { report, regressions, runCampaign, seedsFrom, unreached } from '../test/sim/campaign.ts'
import type { Outcome } from '../test/sim/world.ts'

const program = new Command('sim')
  .description(
    'Simulates engines and user agents on virtual time. The first violated invariant is told with its seed and a trace.',
  )
  .option('--seeds <n>', 'how many worlds', whole(1, 1_000_000), 20)
  .option('--from <seed>', 'the first seed', whole(0, 2_000_000_000), 1)
  .option('--minutes <n>', 'virtual minutes in which things may go wrong', whole(1, 600), 10)
  .option('--lines <n>', 'lines of the trace to print', whole(1, 100_000), 60)
  .option('--keep', 'write failing seeds to test/sim/regressions.json')
  .parse()
const { seeds, from, minutes, lines, keep } = program.opts<{
  seeds: number
  from: number
  minutes: number
  lines: number
  keep?: true
}>()

const began = performance.now()
let done = 0
const { failed, reached, packets } = await runCampaign(seedsFrom(from, seeds), minutes, outcome => {
  done += 1
  if (outcome.violation !== undefined) process.stdout.write(`\n${report(outcome.seed, minutes, lines)}\n\n`)
  else if (done % 10 === 0 || done === seeds) progress(outcome)
})
for (const [point, count] of [...reached].toSorted(([, a], [, b]) => a - b)) {
  process.stdout.write(`${String(count).padStart(8)}  ${points[point]}\n`)
}
for (const point of unreached(reached)) process.stdout.write(`   never  ${points[point]}\n`)
process.stdout.write(`${seeds - failed.length} of ${seeds} seeds hold, ${packets} messages\n`)
if (keep === true && failed.length > 0) keepSeeds(failed)
process.exitCode = failed.length === 0 ? 0 : 1

function progress({ seed, hash }: Outcome): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  process.stdout.write(
    `${done} of ${seeds} in ${seconds} s, last seed ${seed} with trace ${hash.slice(0, 12)}\n`,
  )
}

function keepSeeds(outcomes: readonly Outcome[]): void {
  const file = new URL('../test/sim/regressions.json', import.meta.url)
  const known = regressions()
  const added = outcomes
    .filter(({ seed }) => !known.some(other => other.seed === seed && other.minutes === minutes))
    .map(({ seed, violation }) => ({ seed, minutes, found: `${violation?.invariant}: ${violation?.text}` }))
  writeFileSync(file, `${JSON.stringify([...known, ...added], null, 2)}\n`)
  process.stdout.write(`${added.length} seeds were added to test/sim/regressions.json\n`)
}
