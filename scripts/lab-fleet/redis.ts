import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PorticoError } from '../../runtime/errors.ts'
import { ensureCommand, tail } from './debian.ts'
import { livingPid, startMember, type Member } from './member.ts'
import { labDir } from './paths.ts'
import { progress } from './progress.ts'
import { becomes, checkFree, tcpAnswers } from './ready.ts'
import type { Settings } from './settings.ts'

/** The lab's Redis, as `up --json` shows it. */
export interface RedisReport {
  readonly url: string
  readonly pid?: number
}

/** The process of a lab's Redis. */
export function redisMember(lab: string): Member {
  return { dir: join(labDir(lab), 'redis'), program: 'redis-server' }
}

/** It as it is now. */
export async function reportRedis({ name, redisPort }: Settings): Promise<RedisReport> {
  const pid = await livingPid(redisMember(name))
  return { url: `redis://127.0.0.1:${redisPort}`, ...(pid === undefined ? {} : { pid }) }
}

/** Starts an empty Redis that keeps nothing on disk, unless it runs, and waits until it answers. */
export async function startRedis({ name, redisPort }: Settings): Promise<void> {
  const member = redisMember(name)
  if ((await livingPid(member)) !== undefined) return
  await ensureCommand('redis-server', 'redis-server')
  const address = { host: '127.0.0.1', port: redisPort }
  await checkFree('tcp', address)
  await mkdir(member.dir, { recursive: true })
  const settings = [
    '--port',
    String(redisPort),
    '--bind',
    address.host,
    '--dir',
    member.dir,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  await startMember(member, ['redis-server', ...settings])
  const ready = await becomes(
    () => tcpAnswers(address, 'PING\r\n', '+PONG'),
    async () => (await livingPid(member)) !== undefined,
  )
  if (ready) return progress(`redis answers at ${address.host}:${redisPort}`)
  const output = await readFile(join(member.dir, 'output.log'), 'utf8').catch(() => '')
  throw new PorticoError(
    'E_REDIS_UNREACHABLE',
    `redis-server did not start; see ${member.dir}/output.log:\n${tail(output)}`,
  )
}
