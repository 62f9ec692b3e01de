import type { Command } from 'commander'
import type { TraceOutput } from '../selector/contract.ts'
import { connect, wantsJson } from './connect.ts'
import { ladder } from './ladder.ts'
import { printJson } from './print.ts'
import type { Terminal } from './terminal.ts'

/** `portico trace`: what a call said on the wire, as a ladder diagram. */
export function registerTrace(program: Command, terminal: Terminal): void {
  program
    .command('trace')
    .description('Show what a call said on the wire, all its legs side by side.')
    .argument('<call>', 'id of the call, or the SIP Call-ID of one of its legs')
    .option('--messages', 'print each message below the diagram')
    .action(async (call: string, { messages = false }: { readonly messages?: boolean }, command: Command) => {
      const trace = await (await connect(command, terminal)).trace(call)
      if (wantsJson(command)) return printJson(terminal, trace)
      for (const line of ladder(trace.messages)) terminal.out(line)
      if (trace.omitted > 0) terminal.out(`${trace.omitted} messages in the middle were left out`)
      if (messages) for (const message of trace.messages) terminal.out(whole(message))
    })
}

function whole({ at, direction, transport, peer, text }: TraceOutput['messages'][number]): string {
  const way = direction === 'in' ? 'from' : 'to'
  const title = `${new Date(at).toISOString()} ${way} ${transport} ${peer.host}:${peer.port}`
  return `\n${title}\n${text.replaceAll('\r\n', '\n').trimEnd()}`
}
