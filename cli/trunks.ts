import { InvalidArgumentError, Option, type Command } from 'commander'
import type { TrunkInput, TrunkOutput, TrunkPatch } from '../selector/contract/trunks.ts'
import { connect, wantsJson } from './connect.ts'
import { printJson, printList, type Column } from './print.ts'
import type { Terminal } from './terminal.ts'
import {
  collect,
  enabledBy,
  given,
  hostPort,
  neededSecret,
  unlessEmpty,
  wholeNumber,
  type NoNull,
} from './values.ts'

/** `portico trunks …`: carriers. */
export function registerTrunks(program: Command, terminal: Terminal): void {
  const trunks = program.command('trunks').description('Carriers.')
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
      report(
        terminal,
        command,
        await client.trunks.add({ id, ...(await fieldsOf(options, terminal)) }),
        'added',
      )
    })
  withFields(trunks.command('set <id>').description('Change one; what is not named stays.'))
    .option('--enabled', 'take calls from it')
    .option('--disabled', 'take no calls from it')
    .addOption(
      new Option('--clear <field>', 'take a field away; may be repeated')
        .choices(clearable)
        .argParser<readonly string[]>(collectClearable),
    )
    .action(async (id: string, { clear = [], ...options }: Fields, command: Command) => {
      const client = await connect(command, terminal)
      const cleared = Object.fromEntries(clear.map(field => [field, field === 'peers' ? [] : null]))
      const patch: TrunkPatch = { ...cleared, ...(await fieldsOf(options, terminal)) }
      report(terminal, command, await client.trunks.change(id, patch), 'changed')
    })
  trunks
    .command('rm <id>')
    .description('Remove one; its requests are then from a stranger.')
    .action(async (id: string, _options: object, command: Command) => {
      await (await connect(command, terminal)).trunks.remove(id)
      report(terminal, command, { id }, 'removed')
    })
}

const clearable = ['peers', 'account', 'challenge', 'limits', 'headers', 'identity']

interface Fields {
  readonly address?: readonly string[]
  readonly peer?: readonly Peer[]
  readonly maxCalls?: number
  readonly maxCps?: number
  readonly accountUser?: string
  readonly accountRealm?: string
  readonly accountPasswordStdin?: boolean
  readonly accountPasswordFile?: string
  readonly challengeUser?: string
  readonly challengePasswordStdin?: boolean
  readonly challengePasswordFile?: string
  readonly headerIn?: readonly string[]
  readonly headerOut?: readonly string[]
  readonly identity?: 'from' | 'asserted'
  readonly clear?: readonly string[]
  readonly enabled?: boolean
  readonly disabled?: boolean
}

type Peer = NonNullable<TrunkInput['peers']>[number]

function withFields(command: Command): Command {
  return command
    .option('--address <address>', 'address or CIDR block its requests come from; may be repeated', collect)
    .option(
      '--peer <host[:port][;…]>',
      'machine that calls go to, with ;transport=udp|tcp|tls ;priority=N ;weight=N ;address=CIDR; may be repeated',
      collectPeer,
    )
    .option('--max-calls <n>', 'the most calls at once, in each door', wholeNumber)
    .option('--max-cps <n>', 'the most new calls a second, in each door', wholeNumber)
    .option('--account-user <user>', 'as whom its challenges are answered')
    .option('--account-realm <realm>', 'the only realm that is answered (default: the host of the peer)')
    .option('--account-password-stdin', 'read that password from standard input')
    .option('--account-password-file <file>', 'read that password from a file')
    .option('--challenge-user <user>', 'as whom it must prove itself')
    .option('--challenge-password-stdin', 'read that password from standard input')
    .option('--challenge-password-file <file>', 'read that password from a file')
    .option('--header-in <name>', 'header of its INVITEs that is passed on; may be repeated', collect)
    .option('--header-out <name>', 'header of INVITEs to it that is passed on; may be repeated', collect)
    .addOption(new Option('--identity <which>', 'header that names the caller').choices(['from', 'asserted']))
}

async function fieldsOf(options: Fields, terminal: Terminal): Promise<NoNull<TrunkPatch>> {
  const { address, peer, maxCalls, maxCps, headerIn, headerOut, identity } = options
  return given({
    addresses: address && [...address],
    peers: peer && [...peer],
    limits: unlessEmpty(given({ calls: maxCalls, callsPerSecond: maxCps })),
    account: await accountOf(options, terminal),
    challenge: await challengeOf(options, terminal),
    headers: unlessEmpty(given({ in: headerIn && [...headerIn], out: headerOut && [...headerOut] })),
    identity,
    enabled: enabledBy(options),
  })
}

async function accountOf(options: Fields, terminal: Terminal): Promise<TrunkInput['account']> {
  const { accountUser: user, accountRealm: realm, accountPasswordStdin, accountPasswordFile } = options
  if (user === undefined) return undefined
  const source = { stdin: accountPasswordStdin, file: accountPasswordFile }
  const password = await neededSecret(source, terminal, '--account-password')
  return { user, password, ...given({ realm }) }
}

async function challengeOf(options: Fields, terminal: Terminal): Promise<TrunkInput['challenge']> {
  const { challengeUser: user, challengePasswordStdin, challengePasswordFile } = options
  if (user === undefined) return undefined
  const source = { stdin: challengePasswordStdin, file: challengePasswordFile }
  return { user, password: await neededSecret(source, terminal, '--challenge-password') }
}

/** Reads `host[:port];transport=tcp;priority=1;weight=2;address=192.0.2.0/28`. */
function peerOf(text: string): Peer {
  const [place = '', ...params] = text.split(';')
  const addresses: string[] = []
  const peer: { transport?: 'udp' | 'tcp' | 'tls'; priority?: number; weight?: number } = {}
  for (const param of params) {
    const [name, value = ''] = param.split('=')
    if (name === 'transport' && (value === 'udp' || value === 'tcp' || value === 'tls'))
      peer.transport = value
    else if (name === 'priority' || name === 'weight') peer[name] = wholeNumber(value)
    else if (name === 'address') addresses.push(value)
    else throw new InvalidArgumentError(`${param}: must be transport=, priority=, weight= or address=.`)
  }
  return { ...hostPort(place), ...peer, ...(addresses.length > 0 && { addresses }) }
}

function collectPeer(text: string, before: readonly Peer[] = []): readonly Peer[] {
  return [...before, peerOf(text)]
}

function collectClearable(value: string, before: readonly string[] = []): readonly string[] {
  if (!clearable.includes(value)) throw new InvalidArgumentError(`It must be one of ${clearable.join(', ')}.`)
  return [...before, value]
}

function report(terminal: Terminal, command: Command, trunk: { readonly id: string }, done: string): void {
  if (wantsJson(command)) printJson(terminal, trunk)
  else terminal.out(`${trunk.id} ${done}`)
}

const columns: readonly Column<TrunkOutput>[] = [
  ['ID', ({ id }) => id],
  ['ENABLED', ({ enabled }) => (enabled ? 'yes' : 'no')],
  [
    'ADDRESSES',
    ({ addresses, peers }) => [...addresses, ...peers.flatMap(peer => peer.addresses)].join(',') || undefined,
  ],
  [
    'PEERS',
    ({ peers }) =>
      peers.map(({ host, port, transport }) => `${host}:${port}/${transport}`).join(',') || undefined,
  ],
  ['CALLS', ({ limits }) => limits?.calls],
  ['CPS', ({ limits }) => limits?.callsPerSecond],
]
