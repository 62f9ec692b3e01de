import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { connect, wantsJson } from './connect.ts'
import { printJson, printList } from './print.ts'
import type { Terminal } from './terminal.ts'
import { readSecret } from './values.ts'

/** `portico agents …`: who may register. */
export function registerAgents(program: Command, terminal: Terminal): void {
  const agents = program.command('agents').description('Agents who may register.')
  agents
    .command('ls')
    .description('List them.')
    .action(async (_options: object, command: Command) => {
      const list = await (await connect(command, terminal)).agents.list()
      printList(terminal, list, {
        json: wantsJson(command),
        columns: [
          ['ID', ({ id }) => id],
          ['NAME', ({ name }) => name],
        ],
        none: 'no agents; add one with: portico agents add',
      })
    })
  agents
    .command('add <id>')
    .description('Add one. Without --password-stdin a password is made and shown this once.')
    .option('--name <name>', 'name for people')
    .option('--password-stdin', 'read the password from standard input')
    .action(async (id: string, { name, passwordStdin }: AddOptions, command: Command) => {
      const client = await connect(command, terminal)
      const given = await readSecret({ stdin: passwordStdin }, terminal)
      const password = given ?? randomBytes(12).toString('base64url')
      const added = await client.agents.add({ id, password, ...(name !== undefined && { name }) })
      const shown = given === undefined ? { password } : {}
      if (wantsJson(command)) return printJson(terminal, { ...added, ...shown })
      terminal.out(`${added.id} added`)
      if (given === undefined) terminal.out(`password: ${password}`)
    })
  agents
    .command('rm <id>')
    .description('Remove one; it cannot register again.')
    .action(async (id: string, _options: object, command: Command) => {
      await (await connect(command, terminal)).agents.remove(id)
      if (wantsJson(command)) printJson(terminal, { id })
      else terminal.out(`${id} removed`)
    })
}

interface AddOptions {
  readonly name?: string
  readonly passwordStdin?: boolean
}
