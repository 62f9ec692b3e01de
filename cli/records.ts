import type { Command } from 'commander'
import type { RecordOutput, RecordsQuery } from '../selector/contract/records.ts'
import { connect, wantsJson } from './connect.ts'
import { printJson, printList, type Column } from './print.ts'
import type { Terminal } from './terminal.ts'
import { wholeNumber } from './values.ts'

/** `portico records …`: calls that are over. */
export function registerRecords(program: Command, terminal: Terminal): void {
  const records = program.command('records').description('Calls that are over.')
  records
    .command('ls')
    .description('List them, the newest first.')
    .option('--agent <agent>', 'only those of an agent')
    .option('--trunk <trunk>', 'only those through a trunk')
    .option('--limit <number>', 'how many at most, up to 1000 (default: 100)', wholeNumber)
    .action(async (query: RecordsQuery, command: Command) => {
      const list = await (await connect(command, terminal)).records.list(query)
      printList(terminal, list, { json: wantsJson(command), columns, none: 'no call is over' })
    })
  records
    .command('show <call>')
    .description('Show one whole, with what the media anchor counted.')
    .action(async (call: string, _options: object, command: Command) => {
      printJson(terminal, await (await connect(command, terminal)).records.get(call))
    })
}

/** What is shown of a call that is over. */
const columns: readonly Column<RecordOutput>[] = [
  ['CALL', ({ id }) => id],
  ['KIND', ({ kind }) => kind],
  ['AGENT', ({ agent, by }) => agent ?? by],
  ['CALLER', ({ caller }) => caller],
  ['NUMBER', ({ number }) => number],
  ['TRUNK', ({ trunk }) => trunk],
  ['ROUTE', ({ route }) => route],
  ['SERVERS', ({ servers }) => servers.join(' ')],
  ['VERDICT', ({ verdict }) => verdict],
  ['STATUS', ({ status }) => status],
  ['BEGAN', ({ since }) => new Date(since).toISOString()],
  ['TALK S', ({ answeredAt, endedAt }) => answeredAt && Math.round((endedAt - answeredAt) / 1000)],
]
