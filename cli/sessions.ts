import type { Command } from 'commander'
import type { SessionOutput } from '../selector/contract.ts'
import { connect, wantsJson } from './connect.ts'
import { printList, type Column } from './print.ts'
import type { Terminal } from './terminal.ts'

/** `portico sessions ls`: legs in progress. */
export function registerSessions(program: Command, terminal: Terminal): void {
  program
    .command('sessions')
    .description('Legs in progress.')
    .command('ls')
    .description('List them, the oldest first.')
    .action((_options: object, command: Command) => listSessions(command, terminal, 'no legs in progress'))
}

/** Prints the legs in progress; `none` when there is none. */
export async function listSessions(command: Command, terminal: Terminal, none: string): Promise<void> {
  const list = await (await connect(command, terminal)).sessions()
  printList(terminal, list, { json: wantsJson(command), columns: sessionColumns, none })
}

/** What is shown of a leg. */
const sessionColumns: readonly Column<SessionOutput>[] = [
  ['CALL', ({ id }) => id],
  ['KIND', ({ kind }) => kind],
  ['AGENT', ({ agent, by }) => agent ?? by],
  ['STATE', ({ state }) => state],
  ['SERVER', ({ server }) => server],
  ['TRUNK', ({ trunk }) => trunk],
  ['SINCE', ({ since }) => new Date(since).toISOString()],
  ['DOOR', ({ door }) => door],
]
