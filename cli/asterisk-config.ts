import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import {
  debianDirectories,
  loadTemplates,
  renderAsterisk,
  type MediaServerParameters,
} from '../config/asterisk/render.ts'
import type { Config } from '../config/schema.ts'
import { messageOf, PorticoError } from '../runtime/errors.ts'
import type { ServerOutput } from '../selector/contract.ts'
import { configOf, connect, wantsJson } from './connect.ts'
import { printJson } from './print.ts'
import type { Terminal } from './terminal.ts'
import { collect, hostPort, neededSecret, wholeNumber, type HostPort } from './values.ts'

/** `portico asterisk-config`: the files that make an Asterisk a media server of this fleet. */
export function registerAsteriskConfig(program: Command, terminal: Terminal): void {
  program
    .command('asterisk-config <server>')
    .description('Print the configuration files of a media server, or write them with --out.')
    .option('--register', 'let it join the fleet by itself, with the secrets of fleet.registration')
    .option(
      '--sip <host[:port]>',
      'with --register: address of its SIP side, if no operator added it',
      hostPort,
    )
    .option('--capacity <agents>', 'with --sip: the most agents it shall hold', wholeNumber, 60)
    .option('--zone <zone>', 'with --sip: where it stands', 'default')
    .option('--ami-secret-stdin', 'read the AMI secret from standard input')
    .option('--ami-secret-file <file>', 'read the AMI secret from a file')
    .option('--door <host[:port]>', 'where it reaches the doors (default: listen.inside)', hostPort)
    .option(
      '--door-address <address>',
      'address of a door; may be repeated (default: that of --door)',
      collect,
    )
    .option('--media-host <address>', 'address of its RTP (default: that of its SIP side)')
    .option('--rtp-min <port>', 'lowest RTP port', wholeNumber, 10_000)
    .option('--rtp-max <port>', 'highest RTP port', wholeNumber, 20_000)
    .option('--rtp-timeout <seconds>', 'hang up legs that send no RTP for so long', wholeNumber, 30)
    .option('--max-calls <calls>', 'the most calls it takes; 0: no limit', wholeNumber, 0)
    .option('--out <folder>', 'write the files there')
    .action(async (id: string, options: Options, command: Command) => {
      const config = configOf(command, terminal)
      const server =
        newcomer(id, options, config) ?? (await (await connect(command, terminal)).servers.get(id))
      const source = { stdin: options.amiSecretStdin, file: options.amiSecretFile }
      const { amiSecret } = options.register === true ? config.fleet.registration : {}
      const secret = amiSecret ?? (await neededSecret(source, terminal, '--ami-secret'))
      const parameters = {
        ...parametersOf(server, secret, options, config),
        ...registering(server, options, config),
      }
      const files = renderAsterisk(await loadTemplates(), parameters)
      if (options.out !== undefined) return write(files, options.out, terminal)
      if (wantsJson(command)) return printJson(terminal, files)
      for (const { name, content } of files) terminal.out(`; ==> ${name} <==\n${content}`)
    })
}

interface Options {
  readonly register?: boolean
  readonly sip?: HostPort
  readonly capacity: number
  readonly zone: string
  readonly amiSecretStdin?: boolean
  readonly amiSecretFile?: string
  readonly door?: HostPort
  readonly doorAddress?: readonly string[]
  readonly mediaHost?: string
  readonly rtpMin: number
  readonly rtpMax: number
  readonly rtpTimeout: number
  readonly maxCalls: number
  readonly out?: string
}

type Described = Pick<ServerOutput, 'id' | 'sip' | 'ami' | 'capacity' | 'zone'>

/** A server that nobody added yet: it will do so itself. */
function newcomer(
  id: string,
  { register, sip, capacity, zone }: Options,
  { fleet: { registration } }: Config,
): Described | undefined {
  if (register !== true || sip === undefined) return undefined
  const { host, port = 5060 } = sip
  const ami = { host, port: 5038, username: registration.amiUsername }
  return { id, sip: { host, port, transport: 'udp' }, ami, capacity, zone }
}

function registering(
  { capacity, zone }: Described,
  { register }: Options,
  { fleet }: Config,
): Pick<MediaServerParameters, 'register'> {
  if (register !== true) return {}
  const { secret } = fleet.registration
  if (secret === undefined) throw new PorticoError('E_CONFIG', 'fleet.registration.secret: is needed')
  return { register: { secret, capacity, zone } }
}

function parametersOf(
  { id, sip, ami }: Described,
  secret: string,
  options: Options,
  { listen: { inside } }: Config,
): MediaServerParameters {
  const own = inside.advertise ?? inside
  const { host, port = own.port } = options.door ?? own
  if (host === '0.0.0.0' || host === '::') {
    throw new PorticoError('E_CONFIG', 'listen.inside.host is every address; name the right one with --door')
  }
  const addresses = options.doorAddress ?? [host]
  return {
    id,
    sip: { host: sip.host, port: sip.port },
    ami: {
      host: ami.host,
      port: ami.port,
      user: ami.username,
      secret,
      permit: addresses,
      tls: ami.tls !== undefined,
    },
    media: {
      host: options.mediaHost ?? sip.host,
      portMin: options.rtpMin,
      portMax: options.rtpMax,
      rtpTimeoutSec: options.rtpTimeout,
    },
    door: { host, port, transport: sip.transport, addresses },
    maxCalls: options.maxCalls,
    directories: debianDirectories,
    lab: false,
  }
}

async function write(
  files: readonly { readonly name: string; readonly content: string }[],
  folder: string,
  terminal: Terminal,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    // manager.conf holds the AMI secret.
    for (const { name, content } of files) await writeFile(join(folder, name), content, { mode: 0o640 })
  } catch (cause) {
    throw new PorticoError('E_CONFIG', `cannot write to ${folder}: ${messageOf(cause)}`, { cause })
  }
  terminal.out(`${files.length} files written to ${folder}`)
}
