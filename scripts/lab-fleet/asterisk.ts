import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadTemplates, renderAsterisk, type MediaServerParameters } from '../../config/asterisk/render.ts'
import { PorticoError } from '../../runtime/errors.ts'
import { inChroot } from './chroot.ts'
import { tail } from './debian.ts'
import { livingPid, startMember, type Member } from './member.ts'
import { musicFile } from './music.ts'
import { labDir } from './paths.ts'
import { progress } from './progress.ts'
import { becomes, checkFree, tcpAnswers, type Address } from './ready.ts'
import type { Lab, Settings } from './settings.ts'
import { runHere } from './shell.ts'

/** The greatest number of servers: each has a thousand RTP ports of its own below those of rtpengine. */
export const maxServers = 24
const sipPort = 5060
const amiPort = 5038
const amiUser = 'portico'
const configFile = '/lab/etc/asterisk.conf'

/** One media server, as `up --json` shows it. */
export interface ServerReport {
  readonly id: string
  readonly sip: Address & { readonly transport: 'udp' }
  readonly ami: Address & { readonly username: string; readonly secret: string }
  readonly capacity: number
  /** Missing when it is dead. */
  readonly pid?: number
  /** On this host; recordings are in `rec`, the log in `log/messages.log`. */
  readonly dir: string
}

/** The process of server `id` of a lab. */
export function serverMember(lab: string, id: string): Member {
  return { dir: join(labDir(lab), id), program: 'asterisk' }
}

/** Server `number` as it is now. */
export async function reportServer({ settings, secret }: Lab, number: number): Promise<ServerReport> {
  const id = `ms-${number}`
  const member = serverMember(settings.name, id)
  const host = serverHost(settings, number)
  const pid = await livingPid(member)
  return {
    id,
    sip: { host, port: sipPort, transport: 'udp' },
    ami: { host, port: amiPort, username: amiUser, secret },
    capacity: settings.capacity,
    ...(pid === undefined ? {} : { pid }),
    dir: member.dir,
  }
}

/** Writes the configuration of server `number`, starts it unless it runs, and waits until it takes calls. */
export async function startServer(lab: Lab, number: number): Promise<void> {
  const { id, sip, ami, pid } = await reportServer(lab, number)
  if (pid !== undefined) return
  await checkFree('udp', sip)
  await checkFree('tcp', sip)
  await checkFree('tcp', ami)
  const member = serverMember(lab.settings.name, id)
  await writeServerFiles(lab, number, member.dir)
  await startMember(member, inChroot(member.dir, ['asterisk', '-f', '-C', configFile]))
  const login = `Action: Login\r\nUsername: ${amiUser}\r\nSecret: ${lab.secret}\r\n\r\n`
  const ready = await becomes(
    () => tcpAnswers(ami, login, 'Event: FullyBooted'),
    async () => (await livingPid(member)) !== undefined,
  )
  if (ready) return progress(`${id} takes calls at ${sip.host}:${sip.port}`)
  throw new PorticoError(
    'E_AMI_TIMEOUT',
    `${id} did not start; see ${member.dir}/log/messages.log and output.log:\n${await lastWords(member)}`,
  )
}

/** Runs one command of Asterisk's own command line on a living server, on this terminal; resolves with the exit code. */
export function askServer(member: Member, words: readonly string[]): Promise<number> {
  const [command, ...args] = inChroot(member.dir, ['asterisk', '-C', configFile, '-rx', words.join(' ')])
  return runHere(command, args)
}

async function writeServerFiles(lab: Lab, number: number, dir: string): Promise<void> {
  const directories = ['etc', 'keys', 'log', 'music', 'rec', 'run', 'spool', 'var']
  await Promise.all(directories.map(name => mkdir(join(dir, name), { recursive: true })))
  const files = renderAsterisk(await loadTemplates(), serverParameters(lab, number))
  await Promise.all([
    ...files.map(({ name, content }) => writeFile(join(dir, 'etc', name), content, { mode: 0o600 })),
    writeFile(join(dir, 'music', 'waiting.wav'), musicFile()),
  ])
}

function serverParameters({ settings, secret }: Lab, number: number): MediaServerParameters {
  const host = serverHost(settings, number)
  const [doorHost = '127.0.0.1'] = settings.door
  const portMin = 10_000 + 1000 * number
  return {
    id: `ms-${number}`,
    sip: { host, port: sipPort },
    // A loopback peer's address depends on which one the kernel takes, so all of loopback may log in.
    ami: { host, port: amiPort, user: amiUser, secret, permit: [...settings.door, '127.0.0.0/8'] },
    media: { host, portMin, portMax: portMin + 999, rtpTimeoutSec: settings.rtpTimeoutSec },
    door: { host: doorHost, port: settings.doorPort, transport: 'udp', addresses: settings.door },
    maxCalls: 0,
    directories: {
      etc: '/lab/etc',
      varlib: '/var/lib/asterisk',
      db: '/lab/var',
      keys: '/lab/keys',
      spool: '/lab/spool',
      run: '/lab/run',
      log: '/lab/log',
      music: '/lab/music',
      recordings: '/lab/rec',
    },
    lab: true,
  }
}

function serverHost({ baseAddress }: Settings, number: number): string {
  const bytes = baseAddress.split('.').map(Number)
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0) + number
  return [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')
}

async function lastWords({ dir }: Member): Promise<string> {
  const texts = ['output.log', 'log/messages.log'].map(file =>
    readFile(join(dir, file), 'utf8').catch(() => ''),
  )
  return (await Promise.all(texts)).map(tail).join('\n')
}
