import type { Command } from 'commander'
import type { DecisionOutput } from '../selector/contract/selection.ts'
import { connect, wantsJson } from './connect.ts'
import { printJson, printList, type Column } from './print.ts'
import type { Terminal } from './terminal.ts'

/** `portico explain <call>`: why a call went where it went. */
export function registerExplain(program: Command, terminal: Terminal): void {
  program
    .command('explain <call>')
    .description('Say why a call was placed on its media server: each choice that was made for it.')
    .action(async (call: string, _options: object, command: Command) => {
      const decisions = await (await connect(command, terminal)).decisions(call)
      if (wantsJson(command)) return printJson(terminal, decisions)
      for (const decision of decisions) explain(terminal, decision)
    })
}

function explain(terminal: Terminal, decision: DecisionOutput): void {
  const { at, server, reason, agent, door, exclude, counts, fresh, counted, looked, replay } = decision
  terminal.out(
    [
      `${new Date(at).toISOString()}  ${server ?? `none: ${reason}`}`,
      ...(agent === undefined ? [] : [`  agent     ${agent}`]),
      ...(door === undefined ? [] : [`  door      ${door}${decision.alone ? ', without Redis' : ''}`]),
      ...(exclude.length === 0 ? [] : [`  tried     ${exclude.join(' ')}`]),
      `  rule      ${ruleOf(decision)}`,
      `  fleet     ${Object.entries(counts)
        .filter(([, count]) => count > 0)
        .map(([standing, count]) => `${count} ${standing}`)
        .join(', ')}; counters of ${fresh} of ${counted} are fresh`,
      `  replay    ${replay === (server ?? reason) ? 'the same' : `another: ${replay}`}`,
    ].join('\n'),
  )
  printList(terminal, looked, { columns, none: '' })
}

function ruleOf({ rule, among, zone, zones, utilisation, rho, chance }: DecisionOutput): string {
  if (rule === undefined) return 'nobody may be chosen'
  const where = zone === undefined ? '' : zones === 'own' ? `, in zone ${zone}` : `, zone ${zone} has no room`
  return `${rule} of ${among}${where}; utilisation ${utilisation}, rho ${rho}, chance ${chance.toFixed(4)}`
}

const columns: readonly Column<DecisionOutput['looked'][number]>[] = [
  ['ID', ({ id }) => id],
  ['LOAD', ({ share }) => share.toFixed(3)],
  ['WAITING', ({ waiting }) => waiting],
  ['IN CALL', ({ inCall }) => inCall],
  ['RESERVED', ({ reserved }) => reserved],
  ['CAPACITY', ({ capacity }) => capacity],
  ['AGE', ({ ageMs }) => (ageMs === undefined ? undefined : `${(ageMs / 1000).toFixed(1)} s`)],
  ['HEALTH', ({ health }) => health],
  ['ZONE', ({ zone }) => zone],
]
