import type { Store } from '../store/store.ts'
import type { Family } from './families.ts'

/** What this process chose, for Prometheus. `ejections`: how often it ejected which server, and why. */
export function ledgerFamilies(
  { counts, policy }: Pick<Store['ledger'], 'counts' | 'policy'>,
  ejections: Family['read'],
): readonly Family[] {
  return [
    {
      name: 'portico_choices_total',
      kind: 'counter',
      help: 'Choices of a media server by the rule that made them, or by why there was none',
      labels: ['how'],
      read: () => [...counts.choices].map(([how, value]) => ({ labels: [how], value })),
    },
    one('alone_total', 'Choices made without Redis', () => counts.alone),
    one('restored_total', 'Reservations put back into Redis after they were lost', () => counts.restored),
    {
      name: 'portico_ledger_rho',
      kind: 'gauge',
      help: 'What a waiting agent weighs against one in call',
      labels: [],
      read: () => [{ labels: [], value: policy().rho }],
    },
    {
      name: 'portico_ejections_total',
      kind: 'counter',
      help: 'How often this door ejected a media server that fails real calls',
      labels: ['server', 'reason'],
      read: ejections,
    },
  ]
}

/** A counter without labels. */
function one(name: string, help: string, value: () => number): Family {
  const read = (): ReturnType<Family['read']> => [{ labels: [], value: value() }]
  return { name: `portico_ledger_${name}`, kind: 'counter', help, labels: [], read }
}
