import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { PorticoError } from '../../../runtime/errors.ts'
import type { Measured } from '../bench.ts'
import { measuredIn } from '../snapshot.ts'

const measured = z.object({
  figures: z.record(z.string(), z.number()),
  conditions: z.record(z.string(), z.unknown()),
})

/** Runs `inside.ts`, compiled, with network and processes of its own, so that real Asterisks find their addresses free and end with it. Needs root. */
export async function inNamespace(order: Readonly<Record<string, unknown>>): Promise<Measured> {
  return measuredIn(snapshot => measure(snapshot.module('scripts/bench/media/inside.js'), order))
}

async function measure(inside: string, order: Readonly<Record<string, unknown>>): Promise<Measured> {
  const node = [process.execPath, inside, JSON.stringify(order)]
  const child = spawn(
    'unshare',
    [
      '--net',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      '-c',
      'ip link set lo up && exec "$0" "$@"',
      ...node,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let last = ''
  createInterface({ input: child.stdout }).on('line', line => (last = line))
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  if (code !== 0)
    throw new PorticoError(
      'E_LAB',
      `the measurement ended with ${code}; it needs root and scripts/lab prepare`,
    )
  return measured.parse(JSON.parse(last))
}
