import { Option, type Command } from 'commander'
import type { TrunkOutput, TrunkPatch } from '../selector/contract.ts'
import { connect, wantsJson } from './connect.ts'
import { printJson, printList, type Column } from './print.ts'
import type { Terminal } from './terminal.ts'
import { collect, hostPort, type HostPort } from './values.ts'

/** `portico trunks …`: carrier peers. */
export function registerTrunks(program: Command, terminal: Terminal): void {
  const trunks = program.command('trunks').description('Carrier peers.')
  trunks
    .command('ls')
    .description('List them.')
    .action(async (_options: object, command: Command) => {
      const list = await (await connect(command, terminal)).trunks.list()
      const none = 'no trunks; add one with: portico trunks add'
      printList(terminal, list, { json: wantsJson(command), columns, none })
    })
  withFields(trunks.command('add <id>').description('Add one.'))
    .option('--disabled', 'take no calls from it yet')
    .action(async (id: string, options: Fields, command: Command) => {
      const client = await connect(command, terminal)
      const { target, ...fields } = fieldsOf(options)
      const input = { id, ...fields, ...(target && { target }) }
      report(terminal, command, await client.trunks.add(input), 'added')
    })
  withFields(trunks.command('set <id>').description('Change one; what is not named stays.'))
    .option('--no-target', 'send no calls to it')
    .option('--enabled', 'take calls from it')
    .option('--disabled', 'take no calls from it')
    .action(async (id: string, options: Fields, command: Command) => {
      const client = await connect(command, terminal)
      report(terminal, command, await client.trunks.change(id, fieldsOf(options)), 'changed')
    })
  trunks
    .command('rm <id>')
    .description('Remove one; its requests are then from a stranger.')
    .action(async (id: string, _options: object, command: Command) => {
      await (await connect(command, terminal)).trunks.remove(id)
      report(terminal, command, { id }, 'removed')
    })
}

interface Fields {
  readonly address?: readonly string[]
  /** False: `--no-target`. */
  readonly target?: HostPort | false
  readonly transport?: 'udp' | 'tcp' | 'tls'
  readonly enabled?: boolean
  readonly disabled?: boolean
}

function withFields(command: Command): Command {
  return command
    .option('--address <address>', 'address or CIDR block its requests come from; may be repeated', collect)
    .option('--target <host[:port]>', 'where calls to it are sent', hostPort)
    .addOption(
      new Option('--transport <transport>', 'how SIP reaches the target').choices(['udp', 'tcp', 'tls']),
    )
}

function fieldsOf({ address, target, transport, enabled, disabled }: Fields): TrunkPatch {
  return {
    ...(address && { addresses: [...address] }),
    ...(target === false && { target: null }),
    ...(target && { target: { ...target, ...(transport && { transport }) } }),
    ...(enabled && { enabled: true }),
    ...(disabled && { enabled: false }),
  }
}

function report(terminal: Terminal, command: Command, trunk: { readonly id: string }, done: string): void {
  if (wantsJson(command)) printJson(terminal, trunk)
  else terminal.out(`${trunk.id} ${done}`)
}

const columns: readonly Column<TrunkOutput>[] = [
  ['ID', ({ id }) => id],
  ['ENABLED', ({ enabled }) => (enabled ? 'yes' : 'no')],
  ['ADDRESSES', ({ addresses }) => addresses.join(',') || undefined],
  ['TARGET', ({ target }) => target && `${target.host}:${target.port}/${target.transport}`],
]
