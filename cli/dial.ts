import type { Command } from 'commander'
import type { CallOutput } from '../selector/contract/dial.ts'
import { connect, wantsJson } from './connect.ts'
import { printJson, type Column } from './print.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly reference?: string
  readonly callerId?: string
  readonly callerName?: string
}

/** `portico calls dial`: a number into the conference of an agent. */
export function registerDial(calls: Command, terminal: Terminal): void {
  calls
    .command('dial <agent> <number>')
    .description('Dial a number, or an alias, into the conference of an agent.')
    .option('--reference <text>', 'the same reference of the same agent is the same call: repeat it safely')
    .option('--caller-id <number>', 'number that the other side is shown')
    .option('--caller-name <name>', 'name beside it')
    .action(async (agent: string, number: string, options: Options, command: Command) => {
      const { reference, callerId, callerName } = options
      const client = await connect(command, terminal)
      const call = await client.agents.dial(agent, {
        number,
        ...(reference !== undefined && { reference }),
        ...(callerId !== undefined && {
          callerId: { number: callerId, ...(callerName !== undefined && { name: callerName }) },
        }),
      })
      if (wantsJson(command)) return printJson(terminal, call)
      terminal.out(`${call.id} ${call.state}; follow it with: portico calls show ${call.id}`)
    })
}

/** What is shown of one call. */
export const callColumns: readonly Column<CallOutput>[] = [
  ['CALL', ({ id }) => id],
  ['KIND', ({ kind }) => kind],
  ['AGENT', ({ agent }) => agent],
  ['STATE', ({ state }) => state],
  ['NUMBER', ({ number }) => number],
  ['CAUSE', ({ cause }) => cause?.text],
  ['SERVER', ({ server }) => server],
  ['TRUNK', ({ trunk }) => trunk],
  ['SINCE', ({ since }) => new Date(since).toISOString()],
  ['DOOR', ({ door }) => door],
]
