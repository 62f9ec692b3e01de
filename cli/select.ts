import type { Command } from 'commander'
import { PorticoError } from '../runtime/errors.ts'
import type { SelectionOutput } from '../selector/contract/selection.ts'
import { connect, wantsJson } from './connect.ts'
import { printJson, printList, type Column } from './print.ts'
import type { Terminal } from './terminal.ts'
import { collect } from './values.ts'

/** `portico select`: which media server would be chosen, and why. */
export function registerSelect(program: Command, terminal: Terminal): void {
  program
    .command('select')
    .description('Say which media server would get the next agent, and why; exit code 1: none.')
    .option('--agent <id>', 'for this agent, who may already wait somewhere')
    .option('--exclude <server>', 'as if this one were not there; may be repeated', collect)
    .option('--reserve <call>', 'keep the place for the call of this id')
    .action(async ({ agent, exclude = [], reserve }: SelectOptions, command: Command) => {
      const client = await connect(command, terminal)
      const whom = agent === undefined ? {} : { agent }
      const selection =
        reserve === undefined
          ? await client.look({ exclude, ...whom })
          : await client.reserve({ call: reserve, exclude: [...exclude], ...whom })
      if (wantsJson(command)) printJson(terminal, selection)
      else explain(terminal, selection)
      if (selection.kind === 'none') {
        throw new PorticoError(
          'E_API',
          `no media server can take an agent (${selection.reason ?? 'unknown'})`,
        )
      }
    })
}

interface SelectOptions {
  readonly agent?: string
  readonly exclude?: readonly string[]
  readonly reserve?: string
}

function explain(
  terminal: Terminal,
  { kind, server, reason, utilisation, considered }: SelectionOutput,
): void {
  const chosen = server === undefined ? `none: ${reason ?? 'unknown'}` : `${server.id} (${kind})`
  terminal.out(`${chosen}, utilisation ${utilisation}`)
  if (considered.length > 0) printList(terminal, considered, { columns, none: '' })
}

const columns: readonly Column<SelectionOutput['considered'][number]>[] = [
  ['ID', ({ id }) => id],
  ['LOAD', ({ share }) => share?.toFixed(3)],
  ['LEFT OUT', ({ excluded }) => excluded],
  ['WANTED', ({ wanted }) => wanted],
  ['HEALTH', ({ state }) => state?.health],
  ['WAITING', ({ state }) => state?.load?.waiting],
  ['IN CALL', ({ state }) => state?.load?.inCall],
  ['RESERVED', ({ state }) => state?.reserved],
  ['AGE', ({ state }) => state?.load && `${(state.load.ageMs / 1000).toFixed(1)} s`],
]
