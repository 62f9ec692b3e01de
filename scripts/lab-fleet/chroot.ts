import { access, mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PorticoError } from '../../runtime/errors.ts'
import { debianSource, ensureCommand, tail } from './debian.ts'
import { beside, chrootDir } from './paths.ts'
import { progress } from './progress.ts'
import { run } from './shell.ts'

/** Makes the Debian with Asterisk and rtpengine unless it is there; two callers at once make it once. */
export async function ensureChroot(): Promise<void> {
  await checkPrivileges()
  if (await exists(chrootDir)) return
  await ensureCommand('debootstrap', 'debootstrap')
  const { mirror, env } = await debianSource()
  await mkdir(dirname(chrootDir), { recursive: true })
  progress(`making ${chrootDir} once, about a minute`)
  const build = [beside('build-chroot.sh'), chrootDir, mirror]
  const { code, output } = await run('unshare', ['--mount', 'flock', `${chrootDir}.lock`, ...build], {
    env,
    onLine: line => {
      if (line.startsWith('STAGE ')) progress(line.slice('STAGE '.length))
    },
  })
  if (code === 0) return progress('the chroot is ready')
  throw new PorticoError(
    'E_LAB',
    `cannot make ${chrootDir} from ${mirror}. In a network namespace without a way out? Run scripts/lab prepare outside it first. Last lines:\n${tail(output)}`,
  )
}

/** Removes it. Nothing is mounted in it: mounts live in the namespaces of the processes that use them. */
export async function removeChroot(): Promise<void> {
  await rm(chrootDir, { recursive: true, force: true })
  await rm(`${chrootDir}.building`, { recursive: true, force: true })
}

/** The command line that runs `command` inside, with `dir` as its /lab. */
export function inChroot(dir: string, command: readonly string[]): readonly [string, ...string[]] {
  return ['unshare', '--mount', beside('enter-chroot.sh'), chrootDir, dir, ...command]
}

async function checkPrivileges(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new PorticoError(
      'E_LAB',
      'real Asterisks are started in a chroot, which needs root: use sudo, or a simulated fleet',
    )
  }
  const mount = await run('unshare', ['--mount', 'true'])
  if (mount.code !== 0) {
    throw new PorticoError(
      'E_LAB',
      `this container may not mount: give it CAP_SYS_ADMIN, or use a simulated fleet (${mount.output})`,
    )
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
