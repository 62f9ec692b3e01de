import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { PorticoError } from '../../runtime/errors.ts'
import { reportServer, serverMember, startServer, type ServerReport } from './asterisk.ts'
import { ensureChroot } from './chroot.ts'
import { endMember, livingPid, type Member } from './member.ts'
import { labDir, runDir } from './paths.ts'
import { redisMember, reportRedis, startRedis, type RedisReport } from './redis.ts'
import { reportRtpengine, rtpengineMember, startRtpengine, type RtpengineReport } from './rtpengine.ts'
import { checkSame, currentNetwork, readLab, writeLab, type Lab, type Settings } from './settings.ts'

/** A lab as it is now; a member that is dead has no `pid`, a member that was never asked for is not there. */
export interface Report {
  readonly name: string
  readonly servers: readonly ServerReport[]
  readonly rtpengine?: RtpengineReport
  readonly redis?: RedisReport
}

/** Which members `up` is asked for. It adds and revives; it never ends one. */
export interface Members {
  readonly servers: number
  readonly rtpengine: boolean
  readonly redis: boolean
}

/** Brings the lab up, or back up, and says what it consists of. */
export async function up(settings: Settings, members: Members): Promise<Report> {
  await ensureChroot()
  const dir = labDir(settings.name)
  const lab = await takeOver(dir, settings)
  const present = await presentMembers(dir)
  const servers = Math.max(members.servers, ...present.servers)
  const starts = Array.from({ length: servers }, (_, index) => startServer(lab, index + 1))
  if (members.rtpengine || present.rtpengine) starts.push(startRtpengine(settings))
  if (members.redis || present.redis) starts.push(startRedis(settings))
  // All are awaited before the first failure is told, so that none is still starting when `down` comes.
  for (const result of await Promise.allSettled(starts)) if (result.status === 'rejected') throw result.reason
  return status(settings.name)
}

/** What the lab consists of; an unknown lab has no members. */
export async function status(name: string): Promise<Report> {
  const dir = labDir(name)
  const lab = await readLab(dir)
  if (lab === undefined) return { name, servers: [] }
  const present = await presentMembers(dir)
  const servers = await Promise.all(present.servers.map(number => reportServer(lab, number)))
  return {
    name,
    servers,
    ...(present.rtpengine ? { rtpengine: await reportRtpengine(lab.settings) } : {}),
    ...(present.redis ? { redis: await reportRedis(lab.settings) } : {}),
  }
}

/** Whether the lab exists and every member lives. */
export function isUp({ servers, rtpengine, redis }: Report): boolean {
  const pids = [...servers, ...(rtpengine ? [rtpengine] : []), ...(redis ? [redis] : [])].map(
    ({ pid }) => pid,
  )
  return pids.length > 0 && !pids.includes(undefined)
}

/** Ends every member of the lab and removes its files. */
export async function down(name: string): Promise<void> {
  await Promise.all((await allMembers(name)).map(member => endMember(member)))
  await rm(labDir(name), { recursive: true, force: true })
}

/** Names of the labs with a living member. */
export async function runningLabs(): Promise<readonly string[]> {
  const names: readonly string[] = await readdir(runDir).catch(() => [])
  const running = await Promise.all(names.map(async name => ((await hasLife(name)) ? [name] : [])))
  return running.flat()
}

/** A server of a lab, by id; throws `E_LAB` for one that was never there. */
export async function knownServer(
  name: string,
  id: string,
): Promise<{ lab: Lab; number: number; member: Member }> {
  const dir = labDir(name)
  const lab = await readLab(dir)
  const numbers = lab === undefined ? [] : (await presentMembers(dir)).servers
  const number = numbers.find(known => `ms-${known}` === id)
  if (lab !== undefined && number !== undefined) return { lab, number, member: serverMember(name, id) }
  const next =
    numbers.length === 0 ? `scripts/lab up --name ${name}` : numbers.map(other => `ms-${other}`).join(', ')
  throw new PorticoError('E_LAB', `lab "${name}" has no server ${id}; try ${next}`)
}

/** The lab on disk when it lives and fits; otherwise a new one, on a clean directory. */
async function takeOver(dir: string, settings: Settings): Promise<Lab> {
  const network = await currentNetwork()
  const existing = await readLab(dir)
  if (existing !== undefined && (await hasLife(settings.name))) {
    checkSame(existing, settings, network)
    return existing
  }
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const lab = { settings, secret: randomBytes(16).toString('hex'), network }
  await writeLab(dir, lab)
  return lab
}

async function hasLife(name: string): Promise<boolean> {
  const pids = await Promise.all((await allMembers(name)).map(livingPid))
  return pids.some(pid => pid !== undefined)
}

async function allMembers(name: string): Promise<readonly Member[]> {
  const present = await presentMembers(labDir(name))
  const servers = present.servers.map(number => serverMember(name, `ms-${number}`))
  return [
    ...servers,
    ...(present.rtpengine ? [rtpengineMember(name)] : []),
    ...(present.redis ? [redisMember(name)] : []),
  ]
}

async function presentMembers(
  dir: string,
): Promise<{ servers: readonly number[]; rtpengine: boolean; redis: boolean }> {
  const names: readonly string[] = await readdir(dir).catch(() => [])
  const servers = names.flatMap(name => (/^ms-\d+$/.test(name) ? [Number(name.slice('ms-'.length))] : []))
  return {
    servers: servers.toSorted((a, b) => a - b),
    rtpengine: names.includes('rtpengine'),
    redis: names.includes('redis'),
  }
}
