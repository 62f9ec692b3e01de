import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { PorticoError } from '../../runtime/errors.ts'

/** Everything that differs from one media server to the next. */
export interface MediaServerParameters {
  /** Becomes `systemname`, the start of every Uniqueid. */
  readonly id: string
  readonly sip: { readonly host: string; readonly port: number }
  readonly ami: {
    readonly host: string
    readonly port: number
    readonly user: string
    readonly secret: string
    /** Addresses or networks that may log in. */
    readonly permit: readonly string[]
    /** Whether `port` speaks TLS; default: not. */
    readonly tls?: boolean
  }
  readonly media: {
    /** The address in every SDP, and the one RTP is bound to. */
    readonly host: string
    readonly portMin: number
    readonly portMax: number
    /** A leg that sends no RTP for so long is hung up. */
    readonly rtpTimeoutSec: number
  }
  readonly door: {
    /** Where requests of this server go: one door, or a name that stands for all. */
    readonly host: string
    readonly port: number
    readonly transport: 'udp' | 'tcp'
    /** Addresses of all doors: nobody else is answered. */
    readonly addresses: readonly string[]
  }
  /** Asterisk refuses further calls above this many; 0 sets no limit. */
  readonly maxCalls: number
  /** Lets the server join the fleet by itself; absent: an operator adds it. */
  readonly register?: { readonly secret: string; readonly capacity: number; readonly zone: string }
  readonly directories: AsteriskDirectories
  /** Adds tones and recordings for tests. Never on a server that real callers reach. */
  readonly lab: boolean
}

/** Where one Asterisk keeps its files, as absolute paths. */
export interface AsteriskDirectories {
  readonly etc: string
  readonly varlib: string
  readonly db: string
  readonly keys: string
  readonly spool: string
  readonly run: string
  readonly log: string
  /** Holds what a waiting agent hears: at least one .wav, .gsm or .sln file. */
  readonly music: string
  /** Test recordings; used with `lab` only. */
  readonly recordings: string
}

/** Where Debian's package keeps them. */
export const debianDirectories: AsteriskDirectories = {
  etc: '/etc/asterisk',
  varlib: '/var/lib/asterisk',
  db: '/var/lib/asterisk',
  keys: '/var/lib/asterisk',
  spool: '/var/spool/asterisk',
  run: '/var/run/asterisk',
  log: '/var/log/asterisk',
  music: '/usr/share/asterisk/moh',
  recordings: '/var/spool/asterisk/monitor',
}

/** One file of the configuration directory. */
export interface ConfigFile {
  readonly name: string
  readonly content: string
}

const always = [
  'asterisk.conf',
  'cdr.conf',
  'cel.conf',
  'confbridge.conf',
  'extensions.conf',
  'http.conf',
  'logger.conf',
  'manager.conf',
  'modules.conf',
  'musiconhold.conf',
  'pjsip.conf',
  'rtp.conf',
] as const
const labOnly = 'extensions-lab.conf'
const registeringOnly = 'pjsip-register.conf'
const tlsOnly = 'manager-tls.conf'

/** Reads the templates that lie beside this file in the source tree, from there or from a build. */
export async function loadTemplates(): Promise<readonly ConfigFile[]> {
  return Promise.all(
    [...always, labOnly, registeringOnly, tlsOnly].map(async name => ({
      name,
      content: await readFile(fileURLToPath(import.meta.resolve(`#asterisk/${name}`)), 'utf8'),
    })),
  )
}

/**
 * The configuration directory of one media server. Throws `E_CONFIG` when a value could break out of its line or a
 * template names a value that does not exist.
 */
export function renderAsterisk(
  templates: readonly ConfigFile[],
  parameters: MediaServerParameters,
): readonly ConfigFile[] {
  const values = placeholders(parameters)
  return templates
    .filter(({ name }) => parameters.lab || name !== labOnly)
    .filter(({ name }) => parameters.register || name !== registeringOnly)
    .filter(({ name }) => parameters.ami.tls || name !== tlsOnly)
    .map(({ name, content }) => ({ name, content: fill(name, content, values) }))
}

type Values = ReadonlyMap<string, string>

function fill(file: string, template: string, values: Values): string {
  return template.replaceAll(/\{\{([a-zA-Z.]*)\}\}/g, (_, name: string) => {
    const value = values.get(name)
    if (value === undefined) throw new PorticoError('E_CONFIG', `${file}: there is no value named ${name}`)
    // A line break starts a new setting and a semicolon a comment: either would change what the file says.
    if (!/^[A-Za-z0-9_.:/,+@[\]-]+$/.test(value)) {
      throw new PorticoError(
        'E_CONFIG',
        `${file}: ${name} is empty or has a character other than A-Z a-z 0-9 _ . : / , + @ [ ] -`,
      )
    }
    return value
  })
}

function placeholders(parameters: MediaServerParameters): Values {
  const { id, sip, ami, media, door, register, maxCalls, directories } = parameters
  return new Map([
    ['id', id],
    ['maxCalls', String(maxCalls)],
    ...group('sip', sip),
    ...group('ami', ami),
    ...group('media', media),
    ...group('door', door),
    ...group('register', register ?? {}),
    ...group('directories', directories),
  ])
}

type Setting = string | number | readonly string[]

function group(name: string, settings: object): readonly [string, string][] {
  return Object.entries(settings).map(([key, value]: [string, Setting]) => [`${name}.${key}`, String(value)])
}
