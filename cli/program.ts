import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { z } from 'zod'
import { registerAgents } from './agents.ts'
import { registerAsteriskConfig } from './asterisk-config.ts'
import { registerCalls } from './calls.ts'
import { registerConfig } from './config.ts'
import { registerEngine } from './engine.ts'
import { registerRecords } from './records.ts'
import { registerRoutes } from './routes.ts'
import { registerExplain } from './explain.ts'
import { registerSelect } from './select.ts'
import { registerSelftest } from './selftest.ts'
import { registerServers } from './servers.ts'
import { registerSessions } from './sessions.ts'
import type { Terminal } from './terminal.ts'
import { registerTrace } from './trace.ts'
import { registerTrunks } from './trunks.ts'
import { registerUp } from './up.ts'

/** The whole command line; options that every command understands are those of the program. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('portico')
    .description('The front door of an Asterisk fleet.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .option('--config <file>', 'settings file (default: PORTICO_CONFIG, else ./portico.yaml, else none)')
    .option('--url <url>', 'admin API (default: PORTICO_URL, else listen.admin of the settings)')
    .option(
      '--token <token>',
      'admin token (better: PORTICO_TOKEN; default: admin.token, else the one in dataDir)',
    )
    .option('--json', 'print JSON')
    .showHelpAfterError('(add --help for what is possible)')
    .configureOutput({
      writeOut: text => terminal.out(text.trimEnd()),
      writeErr: text => terminal.error(text.trimEnd()),
    })
    .exitOverride()
  for (const register of commands) register(program, terminal)
  return program
}

/** Parts that only some commands need are loaded by their actions: what `up` is made of takes a second. */
const commands = [
  registerUp,
  registerEngine,
  registerSelftest,
  registerServers,
  registerAgents,
  registerTrunks,
  registerRoutes,
  registerSessions,
  registerTrace,
  registerCalls,
  registerRecords,
  registerSelect,
  registerExplain,
  registerConfig,
  registerAsteriskConfig,
]

function ownVersion(): string {
  const file = fileURLToPath(import.meta.resolve('#package'))
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version
}
