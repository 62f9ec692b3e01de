#!/usr/bin/env node
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'
import { processTerminal } from './terminal.ts'

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  // Whoever reads the output may stop early, e.g. head.
  process.stdout.on('error', () => process.exit(1))
  process.exitCode = await run(process.argv.slice(2), processTerminal)
}
