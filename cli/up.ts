import type { Command } from 'commander'
import { configOf } from './connect.ts'
import { untilSignal } from './signals.ts'
import type { Terminal } from './terminal.ts'

/** `portico up`: engine, door and selector in one process, until SIGINT or SIGTERM. */
export function registerUp(program: Command, terminal: Terminal): void {
  program
    .command('up')
    .description('Run engine, door and selector in one process.')
    .action(async (_options: object, command: Command) => {
      const { startFrontDoor } = await import('./front-door-process.ts')
      await untilSignal(async () => {
        const { stop, lines } = await startFrontDoor(configOf(command, terminal))
        for (const line of lines) terminal.out(line)
        return stop
      })
    })
}
