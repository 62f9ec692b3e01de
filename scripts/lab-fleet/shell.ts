import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** What a command that ran to its end said. */
export interface Outcome {
  readonly code: number
  readonly output: string
}

/** Runs a command and collects what it prints on either stream. A command that cannot be started ends with code 127. */
export function run(
  command: string,
  args: readonly string[],
  {
    env = {},
    onLine,
  }: { readonly env?: Readonly<Record<string, string>>; readonly onLine?: (line: string) => void } = {},
): Promise<Outcome> {
  return new Promise(resolve => {
    const lines: string[] = []
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', line => {
        lines.push(line)
        onLine?.(line)
      })
    }
    child.on('error', error => resolve({ code: 127, output: error.message }))
    child.on('close', code => resolve({ code: code ?? 1, output: lines.join('\n') }))
  })
}

/** Runs a command on this terminal; resolves with its exit code. */
export function runHere(command: string, args: readonly string[]): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: 'inherit' })
    child.on('error', () => resolve(127))
    child.on('close', code => resolve(code ?? 1))
  })
}
