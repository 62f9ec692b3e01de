import { Option, type Command } from 'commander'
import { PorticoError } from '../runtime/errors.ts'
import type { ServerOutput, ServerPatch } from '../selector/contract.ts'
import { connect, wantsJson } from './connect.ts'
import { registerDrain } from './drain.ts'
import { printJson, printList, type Column } from './print.ts'
import type { Terminal } from './terminal.ts'
import {
  given,
  hostPort,
  neededSecret,
  readSecret,
  textOf,
  unlessEmpty,
  wholeNumber,
  type HostPort,
} from './values.ts'

/** `portico servers …`: the media servers of the fleet. */
export function registerServers(program: Command, terminal: Terminal): void {
  const servers = program.command('servers').description('Media servers of the fleet.')
  servers
    .command('ls')
    .description('List them with their load.')
    .action(async (_options: object, command: Command) => {
      const list = await (await connect(command, terminal)).servers.list()
      const none = 'no media servers; add one with: portico servers add'
      printList(terminal, list, { json: wantsJson(command), columns, none })
    })
  registerAdd(servers, terminal)
  registerSet(servers, terminal)
  registerRemoval(servers, terminal)
  registerDrain(servers, terminal)
  registerOrders(servers, terminal)
}

/** Options that `add` and `set` share. */
interface CommonFields {
  readonly sipTransport?: 'udp' | 'tcp'
  readonly amiSecretStdin?: boolean
  readonly amiSecretFile?: string
  readonly amiTls?: boolean
  readonly amiCaFile?: string
  readonly zone?: string
  readonly weight?: number
  readonly maxCalls?: number
  readonly wanted?: ServerOutput['wanted']
}

interface OwnFields {
  readonly sip: HostPort
  readonly ami: HostPort
  readonly amiUser: string
  readonly capacity: number
}

const help = {
  sip: 'address of its SIP side',
  ami: 'address of its Manager Interface',
  amiUser: 'user of its Manager Interface',
  capacity: 'the most agents it shall hold',
}

function withCommonFields(command: Command): Command {
  return command
    .addOption(new Option('--sip-transport <transport>', 'how SIP reaches it').choices(['udp', 'tcp']))
    .option('--ami-secret-stdin', 'read the AMI secret from standard input')
    .option('--ami-secret-file <file>', 'read the AMI secret from a file')
    .option('--ami-tls', 'reach its Manager Interface over TLS')
    .option('--ami-ca-file <file>', 'the same, with a certificate that the authority in this PEM file signed')
    .option('--zone <zone>', 'where it stands')
    .option('--weight <share>', 'how much of the work it gets beside servers of its capacity', Number)
    .option(
      '--max-calls <calls>',
      'client legs at which it gets no new agents; it never refuses a client',
      wholeNumber,
    )
    .addOption(new Option('--wanted <state>', 'wanted state').choices(['active', 'draining', 'disabled']))
}

function registerAdd(servers: Command, terminal: Terminal): void {
  withCommonFields(servers.command('add <id>').description('Add one.'))
    .requiredOption('--sip <host[:port]>', help.sip, hostPort)
    .requiredOption('--ami <host[:port]>', help.ami, hostPort)
    .requiredOption('--ami-user <name>', help.amiUser)
    .requiredOption('--capacity <agents>', help.capacity, wholeNumber)
    .action(async (id: string, options: CommonFields & OwnFields, command: Command) => {
      const client = await connect(command, terminal)
      const { sip, sipTransport: transport, ami, amiUser: username, capacity } = options
      const secret = await neededSecret(secretSource(options), terminal, '--ami-secret')
      const tls = await tlsOf(options)
      const added = await client.servers.add({
        id,
        sip: { ...sip, ...(transport && { transport }) },
        ami: { ...ami, username, secret, ...(tls && { tls }) },
        capacity,
        ...shareOf(options),
      })
      report(terminal, command, added, 'added')
    })
}

function registerSet(servers: Command, terminal: Terminal): void {
  withCommonFields(servers.command('set <id>').description('Change one; what is not named stays.'))
    .option('--sip <host[:port]>', help.sip, hostPort)
    .option('--ami <host[:port]>', help.ami, hostPort)
    .option('--ami-user <name>', help.amiUser)
    .option('--no-ami-tls', 'reach its Manager Interface without TLS')
    .option('--capacity <agents>', help.capacity, wholeNumber)
    .action(async (id: string, options: CommonFields & Partial<OwnFields>, command: Command) => {
      const client = await connect(command, terminal)
      const { sip, sipTransport: transport, ami, amiUser: username, capacity } = options
      const amiChanges = given({
        ...ami,
        username,
        secret: await readSecret(secretSource(options), terminal),
        tls: await tlsOf(options),
      })
      const changed = await client.servers.change(id, {
        ...((sip ?? transport) && { sip: { ...sip, ...(transport && { transport }) } }),
        ...given({ ami: unlessEmpty(amiChanges) }),
        ...(capacity !== undefined && { capacity }),
        ...shareOf(options),
      })
      report(terminal, command, changed, 'changed')
    })
}

/** Undefined: not a word of it; null: without TLS. */
async function tlsOf({ amiTls, amiCaFile }: CommonFields): Promise<{ ca?: string } | null | undefined> {
  if (amiCaFile !== undefined) return { ca: await textOf(amiCaFile) }
  if (amiTls === undefined) return undefined
  return amiTls ? {} : null
}

/** What bears on how much of the work it gets, as far as it was named. */
function shareOf({
  zone,
  weight,
  maxCalls,
  wanted,
}: CommonFields): Pick<ServerPatch, 'zone' | 'weight' | 'maxCalls' | 'wanted'> {
  return {
    ...(zone !== undefined && { zone }),
    ...(weight !== undefined && { weight }),
    ...(maxCalls !== undefined && { maxCalls }),
    ...(wanted && { wanted }),
  }
}

function secretSource({ amiSecretStdin, amiSecretFile }: CommonFields): Parameters<typeof readSecret>[0] {
  return { stdin: amiSecretStdin, file: amiSecretFile }
}

function registerRemoval(servers: Command, terminal: Terminal): void {
  servers
    .command('rm <id>')
    .description('Take one out of the fleet; its calls go on, but clients no longer find its agents.')
    .option('--yes', 'also while it carries agents')
    .action(async (id: string, { yes = false }: { readonly yes?: boolean }, command: Command) => {
      const client = await connect(command, terminal)
      const agents = yes ? 0 : agentsOn(await client.servers.get(id))
      if (agents > 0) {
        const step = `run: portico servers drain ${id}, or add --yes`
        throw new PorticoError('E_CONFLICT', `${id} carries ${agents} agents; ${step}`)
      }
      await client.servers.remove(id)
      report(terminal, command, { id }, 'removed')
    })
}

function agentsOn({ state }: ServerOutput): number {
  return (state?.load?.waiting ?? 0) + (state?.load?.inCall ?? 0) + (state?.reserved ?? 0)
}

const orders = [
  ['activate', 'Give it agents again.', 'active'],
  ['disable', 'Take it out of use.', 'disabled'],
] as const

function registerOrders(servers: Command, terminal: Terminal): void {
  for (const [order, meaning, done] of orders) {
    servers
      .command(`${order} <id>`)
      .description(meaning)
      .action(async (id: string, _options: object, command: Command) => {
        const client = await connect(command, terminal)
        report(terminal, command, await client.servers.order(id, order), done)
      })
  }
}

function report(terminal: Terminal, command: Command, server: { readonly id: string }, done: string): void {
  if (wantsJson(command)) printJson(terminal, server)
  else terminal.out(`${server.id} ${done}`)
}

const columns: readonly Column<ServerOutput>[] = [
  ['ID', ({ id }) => id],
  ['WANTED', ({ wanted }) => wanted],
  ['HEALTH', ({ state }) => state?.health],
  ['AMI', ({ state }) => state?.load?.state ?? 'unknown'],
  ['WAITING', ({ state }) => state?.load?.waiting],
  ['IN CALL', ({ state }) => state?.load?.inCall],
  ['RESERVED', ({ state }) => state?.reserved],
  ['CAPACITY', ({ capacity }) => capacity],
  ['CLIENTS', ({ state }) => state?.load?.clients],
  ['AGE', ({ state }) => state?.load && `${(state.load.ageMs / 1000).toFixed(1)} s`],
  ['ZONE', ({ zone }) => zone],
  ['SIP', ({ sip }) => `${sip.host}:${sip.port}/${sip.transport}`],
]
