import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import { showChannels } from './ask-ami.ts'
import { nodeCommand } from './paths.ts'

/** Real Asterisks in the namespace of the test. */
export interface Lab {
  readonly servers: readonly LabServer[]
  /** Control address of its rtpengine; empty without one. */
  readonly rtpengine: string
  /** Its process; 0 without one. */
  readonly rtpenginePid: number
  /** URL of its Redis; empty without one. */
  readonly redis: string
  /** Runs `scripts/lab <command> <words…>` on this lab. */
  run(command: string, ...words: string[]): Promise<string>
  /** The channels in conferences, from that Asterisk's own list of channels. */
  channels(server: string): Promise<readonly ConferenceChannel[]>
}

/** A media server with its process, for tests that stop or freeze it. */
export interface LabServer extends MediaServer {
  readonly pid: number
  /** Its own folder; `rec` in it takes recordings. */
  readonly dir: string
}

/** One channel of an Asterisk that sits in a conference. */
export interface ConferenceChannel {
  readonly channel: string
  readonly conference: string
  readonly role: string
  readonly call: string
}

/** What stands beside the Asterisks. */
export interface LabOptions {
  readonly rtpengine?: boolean
  readonly redis?: boolean
  /** Where rtpengine meets the outside; default: 127.0.0.1. */
  readonly mediaAddress?: string
  /** Its control port and its ports for media; only two in one namespace need to differ. */
  readonly ngPort?: number
  readonly mediaPorts?: readonly [number, number]
}

/** Starts `servers` Asterisks, maybe none. Call it inside a namespace: the lab's addresses are fixed, and it dies with that. */
export async function startLab(name: string, servers: number, options: LabOptions = {}): Promise<Lab> {
  const dir = mkdtempSync(join(tmpdir(), 'portico-lab-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  const env = { ...process.env, PORTICO_LAB_RUN: dir }
  const run = async (command: string, ...words: string[]): Promise<string> =>
    (await promisify(execFile)(node, [...labArgs, command, '--name', name, ...words], { env })).stdout
  const args = labArguments(options)
  const report = schema.parse(JSON.parse(await run('up', '--servers', String(servers), ...args, '--json')))
  return {
    servers: report.servers.map(server => ({ ...server, zone: 'lab', wanted: 'active' })),
    rtpengine: report.rtpengine?.ng ?? '',
    rtpenginePid: report.rtpengine?.pid ?? 0,
    redis: report.redis?.url ?? '',
    run,
    async channels(id) {
      const server = report.servers.find(one => one.id === id)
      return server ? (await showChannels(server.ami)).flatMap(placeOf) : []
    },
  }
}

function labArguments(options: LabOptions): readonly string[] {
  const { rtpengine = false, redis = false, mediaAddress, ngPort, mediaPorts } = options
  return [
    ...(rtpengine ? [] : ['--no-rtpengine']),
    ...(redis ? ['--redis'] : []),
    ...(mediaAddress === undefined ? [] : ['--media-address', mediaAddress]),
    ...(ngPort === undefined ? [] : ['--ng-port', String(ngPort)]),
    ...(mediaPorts === undefined ? [] : ['--media-ports', mediaPorts.join('-')]),
  ]
}

/** What `scripts/lab` starts. */
const [node, ...labArgs] = nodeCommand('scripts/lab-fleet/main')

const schema = z.object({
  servers: z.array(
    z.object({
      id: z.string(),
      sip: z.object({ host: z.string(), port: z.number(), transport: z.enum(['udp', 'tcp']) }),
      ami: z.object({ host: z.string(), port: z.number(), username: z.string(), secret: z.string() }),
      capacity: z.number(),
      pid: z.int().min(2),
      dir: z.string(),
    }),
  ),
  rtpengine: z.object({ ng: z.string(), pid: z.int().min(2) }).optional(),
  redis: z.object({ url: z.string() }).optional(),
})

function placeOf(channel: ReadonlyMap<string, string>): readonly ConferenceChannel[] {
  if (channel.get('application') !== 'ConfBridge') return []
  const [role = '', call = ''] = (channel.get('accountcode') ?? '').split(':')
  const name = channel.get('channel') ?? ''
  return [
    { channel: name, conference: (channel.get('applicationdata') ?? '').split(',')[0] ?? '', role, call },
  ]
}
