import type { Command } from 'commander'
import { loadCertificate } from '../config/certificate.ts'
import { configOf, connect, wantsJson } from './connect.ts'
import { printJson } from './print.ts'
import type { Terminal } from './terminal.ts'

/** `portico selftest`: places a synthetic agent and client leg and checks where they landed. */
export function registerSelftest(program: Command, terminal: Terminal): void {
  program
    .command('selftest')
    .description(
      'Place a synthetic agent and a client leg, and ask the media server itself where they landed.',
    )
    .action(async (_options: object, command: Command) => {
      const { selftest } = await import('./synthetic/selftest.ts')
      const config = configOf(command, terminal)
      const json = wantsJson(command)
      const report = await selftest({
        client: await connect(command, terminal),
        config,
        ca: (await loadCertificate(config)).cert,
        say: line => (json ? terminal.error(line) : terminal.out(line)),
      })
      if (json) printJson(terminal, report)
      if (!report.passed) command.error('portico: the self-test failed', { exitCode: 1 })
    })
}
