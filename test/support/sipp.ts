import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './world.ts'

/** What became of SIPp's calls. */
export interface SippOutcome {
  /** 0: every call went as the scenario says. */
  readonly code: number
  readonly output: string
}

export interface SippOptions {
  /** File name in test/fixtures/sipp. */
  readonly scenario: string
  /** One call each; `[field0]` in the scenario. */
  readonly agents: readonly string[]
  readonly from: string
  readonly door: string
  /** How long each call lasts. */
  readonly holdMs: number
}

/** Places one SIPp call per agent, all at once. */
export function sipp({ scenario, agents, from, door, holdMs }: SippOptions): Promise<SippOutcome> {
  const dir = mkdtempSync(join(tmpdir(), 'portico-sipp-'))
  const list = join(dir, 'agents.csv')
  writeFileSync(list, ['SEQUENTIAL', ...agents, ''].join('\n'))
  const count = String(agents.length)
  return run(scenario, dir, ['-inf', list, '-i', from, '-m', count, '-r', count, '-d', String(holdMs), door])
}

/** SIPp that takes a call. */
export interface SippAnswering {
  /** Resolves when the call is over. */
  readonly ended: Promise<SippOutcome>
}

/** Takes one call at `address`:5060 as the scenario says; whoever calls hears what it says itself. Resolves when it listens. */
export async function sippAnswer(scenario: string, address: string, pauseMs = 0): Promise<SippAnswering> {
  const dir = mkdtempSync(join(tmpdir(), 'portico-sipp-'))
  const own = ['-i', address, '-p', '5060', '-mi', address, '-rtp_echo']
  const ended = run(scenario, dir, own.concat('-m', '1', '-d', String(pauseMs)))
  await listens(address)
  return { ended }
}

/** Resolves when somebody listens at `address`:5060; a call that comes sooner finds nobody there. */
async function listens(address: string): Promise<void> {
  const bytes = address
    .split('.')
    .toReversed()
    .map(part => Number(part).toString(16).padStart(2, '0'))
  const bound = `${bytes.join('')}:13C4`.toUpperCase()
  await until(`SIPp to listen at ${address}`, () => readFileSync('/proc/net/udp', 'latin1').includes(bound))
}

function run(scenario: string, dir: string, args: readonly string[]): Promise<SippOutcome> {
  const file = fileURLToPath(new URL(`../fixtures/sipp/${scenario}`, import.meta.url))
  return new Promise(resolve => {
    execFile(
      'sipp',
      ['-sf', file, '-timeout', '60s', '-trace_err', ...args],
      { cwd: dir, env: { ...process.env, TERM: 'dumb' } },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    )
  })
}
