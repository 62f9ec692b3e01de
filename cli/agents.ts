import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { connect, wantsJson } from './connect.ts'
import { printJson, printList } from './print.ts'
import type { Terminal } from './terminal.ts'
import { collect, readSecret } from './values.ts'

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
          ['GROUPS', ({ groups }) => groups.join(',') || undefined],
        ],
        none: 'no agents; add one with: portico agents add',
      })
    })
  agents
    .command('add <id>')
    .description('Add one. Without --password-stdin a password is made and shown this once.')
    .option('--name <name>', 'name for people')
    .option('--group <group>', 'group whose queue it serves; may be repeated', collect)
    .option('--password-stdin', 'read the password from standard input')
    .action(async (id: string, { name, group, passwordStdin }: AddOptions, command: Command) => {
      const client = await connect(command, terminal)
      const given = await readSecret({ stdin: passwordStdin }, terminal)
      const password = given ?? randomBytes(12).toString('base64url')
      const added = await client.agents.add({
        id,
        password,
        ...(name !== undefined && { name }),
        ...(group && { groups: [...group] }),
      })
      const shown = given === undefined ? { password } : {}
      if (wantsJson(command)) return printJson(terminal, { ...added, ...shown })
      terminal.out(`${added.id} added`)
      if (given === undefined) terminal.out(`password: ${password}`)
    })
  registerSet(agents, terminal)
  registerNailUp(agents, terminal)
  agents
    .command('rm <id>')
    .description('Remove one; it cannot register again.')
    .action(async (id: string, _options: object, command: Command) => {
      await (await connect(command, terminal)).agents.remove(id)
      if (wantsJson(command)) printJson(terminal, { id })
      else terminal.out(`${id} removed`)
    })
}

function registerNailUp(agents: Command, terminal: Terminal): void {
  agents
    .command('nailup <id>')
    .description('Call one into its conference; it answers by itself on its page.')
    .action(async (id: string, _options: object, command: Command) => {
      const leg = await (await connect(command, terminal)).agents.nailUp(id)
      if (wantsJson(command)) printJson(terminal, leg)
      else terminal.out(`${id} ${leg.state} on ${leg.server ?? 'no media server yet'}, call ${leg.id}`)
    })
  agents
    .command('release <id>')
    .description('Let one go: its leg is hung up, and with it its clients.')
    .action(async (id: string, _options: object, command: Command) => {
      const { calls } = await (await connect(command, terminal)).agents.release(id)
      if (wantsJson(command)) return printJson(terminal, { calls })
      terminal.out(calls.length === 0 ? `${id} is in no conference` : `${id} let go`)
    })
}

function registerSet(agents: Command, terminal: Terminal): void {
  agents
    .command('set <id>')
    .description('Change one; what is not named stays.')
    .option('--name <name>', 'name for people')
    .option('--group <group>', 'group whose queue it serves; may be repeated', collect)
    .option('--no-group', 'serve no queue')
    .action(async (id: string, { name, group }: SetOptions, command: Command) => {
      const client = await connect(command, terminal)
      const groups = group === false ? [] : group === true ? undefined : group
      const changed = await client.agents.change(id, {
        ...(name !== undefined && { name }),
        ...(groups && { groups: [...groups] }),
      })
      if (wantsJson(command)) printJson(terminal, changed)
      else terminal.out(`${id} changed`)
    })
}

interface AddOptions {
  readonly name?: string
  readonly group?: readonly string[]
  readonly passwordStdin?: boolean
}

interface SetOptions {
  readonly name?: string
  /** False: `--no-group`; true: neither was given. */
  readonly group?: readonly string[] | boolean
}
