import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PorticoError } from '../../runtime/errors.ts'
import { inChroot } from './chroot.ts'
import { tail } from './debian.ts'
import { livingPid, startMember, type Member } from './member.ts'
import { labDir } from './paths.ts'
import { progress } from './progress.ts'
import { becomes, checkFree, udpAnswers, type Address } from './ready.ts'
import type { Settings } from './settings.ts'

/** The media anchor, as `up --json` shows it. */
export interface RtpengineReport {
  readonly ng: string
  readonly pid?: number
}

/** The process of a lab's media anchor. */
export function rtpengineMember(lab: string): Member {
  return { dir: join(labDir(lab), 'rtpengine'), program: 'rtpengine' }
}

/** It as it is now. */
export async function reportRtpengine(settings: Settings): Promise<RtpengineReport> {
  const { host, port } = ngAddress(settings)
  const pid = await livingPid(rtpengineMember(settings.name))
  return { ng: `udp://${host}:${port}`, ...(pid === undefined ? {} : { pid }) }
}

/** Starts it unless it runs, and waits until it answers a ping. */
export async function startRtpengine(settings: Settings): Promise<void> {
  const member = rtpengineMember(settings.name)
  if ((await livingPid(member)) !== undefined) return
  const ng = ngAddress(settings)
  await checkFree('udp', ng)
  await startMember(member, inChroot(member.dir, commandLine(settings)))
  const ready = await becomes(
    () => udpAnswers(ng, 'lab {"command":"ping"}', 'pong'),
    async () => (await livingPid(member)) !== undefined,
  )
  if (ready) return progress(`rtpengine answers at ${ng.host}:${ng.port}`)
  const output = await readFile(join(member.dir, 'output.log'), 'utf8').catch(() => '')
  throw new PorticoError(
    'E_MEDIA_TIMEOUT',
    `rtpengine did not start; see ${member.dir}/output.log:\n${tail(output)}`,
  )
}

function commandLine(settings: Settings): readonly string[] {
  const ng = ngAddress(settings)
  return [
    'rtpengine',
    '--config-file=none',
    '--foreground',
    '--log-stderr',
    '--log-level=4',
    // No kernel module: packets are forwarded in user space.
    '--table=-1',
    `--interface=pub/${settings.mediaAddress}`,
    '--interface=priv/127.0.0.1',
    `--listen-ng=${ng.host}:${ng.port}`,
    `--port-min=${settings.mediaPorts[0]}`,
    `--port-max=${settings.mediaPorts[1]}`,
    '--num-threads=2',
    '--delete-delay=0',
    '--timeout=60',
    '--silent-timeout=3600',
    '--offer-timeout=120',
  ]
}

function ngAddress({ ngPort }: Settings): Address {
  return { host: '127.0.0.1', port: ngPort }
}
