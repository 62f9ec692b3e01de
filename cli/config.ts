import type { Command } from 'commander'
import { loadCertificate } from '../config/certificate.ts'
import { settingsPage } from '../config/documentation.ts'
import { loadConfig } from '../config/load.ts'
import { configText, visibleConfig } from '../config/show.ts'
import { configOf, wantsJson, type GlobalOptions } from './connect.ts'
import { printJson } from './print.ts'
import type { Terminal } from './terminal.ts'

/** `portico config …`: settings, without starting anything. */
export function registerConfig(program: Command, terminal: Terminal): void {
  const config = program.command('config').description('Settings.')
  config
    .command('check')
    .description('Tell every fault of file, environment and certificate files; exit code 2: faults.')
    .action(async (_options: object, command: Command) => {
      const { config: named } = command.optsWithGlobals<GlobalOptions>()
      const loaded = loadConfig({ env: terminal.env, ...(named !== undefined && { file: named }) })
      if (loaded.config.tls.cert !== undefined) await loadCertificate(loaded.config)
      if (wantsJson(command)) printJson(terminal, { ok: true, ...(loaded.file && { file: loaded.file }) })
      else terminal.out(`ok: ${loaded.file ?? 'no file, defaults and environment only'}`)
    })
  config
    .command('show')
    .description('Print every setting in force; secrets are hidden.')
    .action((_options: object, command: Command) => {
      const settings = configOf(command, terminal)
      if (wantsJson(command)) printJson(terminal, visibleConfig(settings))
      else terminal.out(configText(settings).trimEnd())
    })
  config
    .command('settings')
    .description('Print the page that explains every setting (Markdown).')
    .action(() => terminal.out(settingsPage().trimEnd()))
}
