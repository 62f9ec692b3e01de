import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** What every benchmark says about where it ran. */
export function machine(): Readonly<Record<string, unknown>> {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
}

/** The load averages over 1, 5 and 15 minutes. */
export function load(): readonly number[] {
  return loadavg().map(value => Number(value.toFixed(2)))
}

/** Processor time that the whole machine has spent, in milliseconds: everything but idling. */
export function machineBusyMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').map(Number) ?? []
  return (user + nice + system + irq + softirq) * 10
}

/** User and system time of a process so far, in milliseconds; steps of 10. */
export function processMs(pid: number): number {
  const { user, system } = processTimes(pid)
  return user + system
}

/** The same apart. */
export function processTimes(pid: number): { readonly user: number; readonly system: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return { user: Number(fields[11]) * 10, system: Number(fields[12]) * 10 }
}
