import type { Command } from 'commander'
import { configOf } from './connect.ts'
import { untilSignal } from './signals.ts'
import type { Terminal } from './terminal.ts'

/** `portico engine`: the SIP engine alone, with its drachtio control port, until SIGINT or SIGTERM. */
export function registerEngine(program: Command, terminal: Terminal): void {
  program
    .command('engine')
    .description(
      'Run the SIP engine alone, for doors with signalling.engine: drachtio and other drachtio applications.',
    )
    .action(async (_options: object, command: Command) => {
      const { startEngine } = await import('./engine-process.ts')
      await untilSignal(async () => {
        const engine = await startEngine(configOf(command, terminal))
        terminal.out(`metrics  ${engine.metricsUrl}`)
        terminal.out(`control  ${engine.control.host}:${engine.control.port}`)
        if (engine.secureControl !== undefined) {
          terminal.out(`control  tls ${engine.secureControl.host}:${engine.secureControl.port}`)
        }
        for (const { name, transport, bound } of engine.listeners) {
          terminal.out(`${name.padEnd(8)} ${transport} ${bound.host}:${bound.port}`)
        }
        return () => engine.stop()
      })
    })
}
