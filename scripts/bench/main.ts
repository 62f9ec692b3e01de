/** `npm run bench -- NAME [--flag value …]`: runs one benchmark and prints its figures as one line of JSON, last. */
import { messageOf } from '../../runtime/errors.ts'
import { agentSound } from './agent-sound.ts'
import { anchor } from './anchor.ts'
import type { Bench } from './bench.ts'
import { callPath } from './call-path.ts'
import { compiled } from './compiled.ts'
import { load, machine } from './conditions.ts'
import { engineCalls } from './engine-calls.ts'
import { move } from './move.ts'
import { parse } from './parse.ts'
import { soakCalls } from './soak-calls.ts'
import { storm } from './storm.ts'
import { surviveAsterisk } from './survive-asterisk.ts'
import { agentsMemory } from './agents-memory.ts'
import { Flags } from './flags.ts'
import { inProcess } from './in-process.ts'

const benches: Readonly<Record<string, Bench>> = {
  'engine-calls': engineCalls,
  'call-path': callPath,
  'agents-memory': agentsMemory,
  storm,
  parse,
  'soak-calls': soakCalls,
  ...Object.fromEntries(Object.entries(inProcess).map(([name, bench]) => [name, compiled(name, bench)])),
  move,
  'survive-asterisk': surviveAsterisk,
  'agent-sound': agentSound,
}

const [name = '', ...argv] = process.argv.slice(2)
const bench = benches[name]
if (bench === undefined) {
  console.error('npm run bench -- NAME [--flag value …], NAME being one of')
  for (const [known, { about }] of Object.entries(benches)) console.error(`  ${known.padEnd(14)} ${about}`)
  process.exit(2)
}

try {
  const loadBefore = load()
  const anchorBefore = await anchor()
  const begun = performance.now()
  const { figures, conditions } = await bench.run(new Flags(argv))
  const tookSeconds = Math.round((performance.now() - begun) / 1000)
  const where = {
    ...machine(),
    loadBefore,
    loadAfter: load(),
    anchorBefore,
    anchorAfter: await anchor(),
    tookSeconds,
  }
  console.log(JSON.stringify({ bench: name, figures, conditions: { ...where, ...conditions } }))
} catch (cause) {
  console.error(`${name}: ${messageOf(cause)}`)
  process.exit(1)
}
