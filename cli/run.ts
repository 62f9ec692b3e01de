import { CommanderError } from 'commander'
import { messageOf, PorticoError } from '../runtime/errors.ts'
import { createProgram } from './program.ts'
import type { Terminal } from './terminal.ts'

/** Runs one command line, without the program's own name. Resolves to the exit code: 0 ok, 1 refused or failed, 2 usage or settings. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  try {
    await createProgram(terminal).parseAsync([...argv], { from: 'user' })
    return 0
  } catch (thrown) {
    // Commander has already written what is wrong.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    const code = thrown instanceof PorticoError ? thrown.code : undefined
    terminal.error(`portico: ${messageOf(thrown)}${code === undefined ? '' : ` [${code}]`}`)
    return code === 'E_CONFIG' ? 2 : 1
  }
}
