import { readdirSync, readFileSync } from 'node:fs'
import { until } from './world.ts'

/** Stops a process, and resolves when it has: the kernel tells one of its threads, and the others run on until that one gets a processor. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await until(`process ${pid} to stand still`, () => threadsOf(pid).every(state => state === 'T'))
}

function threadsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).map(thread => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
  })
}
