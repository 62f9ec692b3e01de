import { spawn, type ChildProcess } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { createInterface } from 'node:readline'
import { inNewNamespace, namespaceMarker } from '../../test/support/unshare.ts'
import { judge, type Judged } from './judge.ts'

/** Ended by force after this time: tap's own limit ends no file whose tests are over while something of it is still open. */
const limitMs = 420_000

/** How a test file is started. */
export interface FileRun {
  readonly file: string
  readonly hasNamespace: boolean
  /** Arguments of Node. */
  readonly nodeArguments: readonly string[]
}

/** Runs one test file in a process group of its own, of which nothing is left. */
export async function runFile({ file, hasNamespace, nodeArguments }: FileRun): Promise<Judged> {
  const node: readonly [string, ...string[]] = [process.execPath, ...nodeArguments, file]
  const [command, ...args] = hasNamespace ? inNewNamespace(node) : node
  const env = {
    ...process.env,
    // Seconds that tap gives a file which names no time of its own.
    TAP_TIMEOUT: '240',
    ...(hasNamespace && { [namespaceMarker]: pathToFileURL(file).href }),
  }
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>(done => child.once('close', done))
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    killGroup(child)
  }, limitMs)
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(line)
  const status = await ended
  clearTimeout(timer)
  killGroup(child)
  return judge(
    lines,
    isLate ? `took more than ${limitMs / 1000} s` : status === 0 ? '' : `exit code ${status}`,
  )
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of it is left.
  }
}
