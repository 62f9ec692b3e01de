import type { Command } from 'commander'
import type { SessionOutput } from '../selector/contract.ts'
import type { CallsOutput } from '../selector/contract/calls.ts'
import { connect, wantsJson } from './connect.ts'
import { callColumns, registerDial } from './dial.ts'
import { printJson, printList } from './print.ts'
import { listSessions } from './sessions.ts'
import type { Terminal } from './terminal.ts'

/** `portico calls …`: calls in progress. */
export function registerCalls(program: Command, terminal: Terminal): void {
  const calls = program.command('calls').description('Calls in progress.')
  registerDial(calls, terminal)
  calls
    .command('ls')
    .description('List them, the oldest first.')
    .action((_options: object, command: Command) => listSessions(command, terminal, 'no calls in progress'))
  calls
    .command('show <call>')
    .description('Show one.')
    .action(async (call: string, _options: object, command: Command) => {
      const found = await (await connect(command, terminal)).calls.get(call)
      printList(terminal, [found], { json: wantsJson(command), columns: callColumns, none: '' })
    })
  calls
    .command('hangup <call>')
    .description('End one, on both sides.')
    .action(async (call: string, _options: object, command: Command) => {
      report(terminal, command, await (await connect(command, terminal)).calls.hangUp(call), 'hung up')
    })
  calls
    .command('move <call-or-agent> [server]')
    .description(
      'Move an agent with its clients to another media server (default: the best one), unheard by both.',
    )
    .action(async (name: string, server: string | undefined, _options: object, command: Command) => {
      const client = await connect(command, terminal)
      const of = isCall(await client.sessions(), name) ? { call: name } : { agent: name }
      const moved = await client.calls.move(of, server)
      report(terminal, command, moved, `moved to ${moved.server ?? ''}`)
    })
}

function isCall(sessions: readonly SessionOutput[], name: string): boolean {
  return sessions.some(({ id }) => id === name)
}

function report(terminal: Terminal, command: Command, outcome: CallsOutput, done: string): void {
  if (wantsJson(command)) return printJson(terminal, outcome)
  for (const call of outcome.calls) terminal.out(`${call} ${done}`)
}
