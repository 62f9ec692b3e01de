import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { besideMe, productModules } from './places.ts'
import { runFile, runUnitTests, type Run } from './run-files.ts'
import type { Tally } from './tally.ts'
import { engines, sippServers } from './testbed.ts'

/**
 * Runs in the namespaces that `main.ts` has made, as process 1 of them: everything that it starts ends with it. Arguments: the folder of
 * this run, the suite's folder, the folder of its tools, then the files to run.
 */
const [work = '', suite = '', tools = '', ...files] = process.argv.slice(2)
const run: Run = {
  work,
  suite,
  tools,
  env: {
    ...process.env,
    NODE_ENV: 'test',
    NODE_CONFIG_DIR: join(suite, 'config'),
    NODE_PATH: [tools, productModules].join(delimiter),
    NODE_OPTIONS: '',
    PATH: [join(work, 'bin'), process.env['PATH']].join(delimiter),
    CONFORMANCE_WORK: work,
    CONFORMANCE_SUITE: suite,
  },
}
const total = { passed: 0, failed: 0 }

await Promise.all(engines.map(({ name }) => startEngine(name)))
for (const { address, scenario } of sippServers) startSipp(address, scenario)
if (files.includes('unit-tests')) report('unit-tests', await runUnitTests(run))
for (const file of files.filter(name => name !== 'unit-tests')) {
  // In turn: each file has the engine to itself.
  // eslint-disable-next-line no-await-in-loop
  const tally = await runFile(run, file)
  writeFileSync(join(work, 'run', `${file}.log`), tally.output)
  report(file, tally)
}
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)

async function startEngine(name: string): Promise<void> {
  const log = openSync(join(work, 'run', `${name}.log`), 'w')
  const engine = fork(besideMe('engine.ts'), [name], { stdio: ['ignore', log, log, 'ipc'] })
  engine.once('exit', code => {
    console.log(`${name} has ended by itself, exit code ${code}`)
    process.exit(1)
  })
  await once(engine, 'message')
}

function startSipp(address: string, scenario: string): void {
  const file = join(suite, 'test', 'scenarios', `${scenario}.xml`)
  const log = openSync(join(work, 'run', `${scenario}.log`), 'w')
  spawn('sipp', ['-sf', file, '-i', address, '-p', '5060', '-nostdin'], {
    cwd: join(work, 'run'),
    stdio: ['ignore', 'ignore', log],
  })
}

function report(name: string, { passed, failed, complaints }: Tally): void {
  total.passed += passed
  total.failed += failed
  console.log(`${name.padEnd(16)} ${String(passed).padStart(3)} passed ${String(failed).padStart(3)} failed`)
  for (const complaint of complaints) console.log(`    ${complaint}`)
}
