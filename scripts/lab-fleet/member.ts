import { spawn } from 'node:child_process'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A process that this lab started: its number alone could belong to another one by now, so its start time is kept too. */
export interface Member {
  readonly dir: string
  /** The program, as it shows in the command line. */
  readonly program: string
}

/** Starts a program that outlives this one; its output goes to `output.log`, its number to `pid`. */
export async function startMember(
  member: Member,
  [command, ...args]: readonly [string, ...string[]],
): Promise<number> {
  await mkdir(member.dir, { recursive: true })
  const output = await open(join(member.dir, 'output.log'), 'a')
  const child = spawn(command, args, { detached: true, stdio: ['ignore', output.fd, output.fd] })
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  child.unref()
  await output.close()
  const pid = child.pid ?? 0
  await writeFile(join(member.dir, 'pid'), `${pid} ${(await startTime(pid)) ?? 0}\n`)
  return pid
}

/** The number of the living process, if it lives. */
export async function livingPid({ dir, program }: Member): Promise<number | undefined> {
  const [pid, started] = (await readFile(join(dir, 'pid'), 'utf8').catch(() => '')).trim().split(' ')
  if (pid === undefined || pid === '' || (await startTime(Number(pid))) !== started) return undefined
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  // While a process turns into its program (execve), its command line is empty for a moment.
  return commandLine === '' || commandLine.includes(program) ? Number(pid) : undefined
}

/** Sends one signal; false when the process is not there. */
export async function signalMember(member: Member, signal: NodeJS.Signals): Promise<boolean> {
  const pid = await livingPid(member)
  if (pid === undefined) return false
  process.kill(pid, signal)
  return true
}

/** Ends the process, by force when it has not gone after `graceMs`, and forgets it. */
export async function endMember(member: Member, graceMs = 3000): Promise<void> {
  if (await signalMember(member, 'SIGTERM')) {
    await signalMember(member, 'SIGCONT')
    if (!(await goneWithin(member, graceMs))) {
      await signalMember(member, 'SIGKILL')
      await goneWithin(member, graceMs)
    }
  }
  await rm(join(member.dir, 'pid'), { force: true })
}

/** Kills it and waits until it is gone; false when it was not there. */
export async function killMember(member: Member): Promise<boolean> {
  return (await signalMember(member, 'SIGKILL')) && goneWithin(member, 3000)
}

async function goneWithin(member: Member, ms: number): Promise<boolean> {
  // The process is nobody's child any more, so its end can only be looked for.
  for (const deadline = performance.now() + ms; performance.now() < deadline; await pause(10)) {
    if ((await livingPid(member)) === undefined) return true
  }
  return false
}

/** Field 22 of proc(5) stat, unless the process is gone or a zombie that nobody collects. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === '' || state === 'Z' ? undefined : rest[18]
}
