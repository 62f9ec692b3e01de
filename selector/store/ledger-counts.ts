import type { Choice } from '../domain/decision.ts'

/** What happened in a ledger of this process, for metrics. */
export interface LedgerCounts {
  /** Choices by the rule that made them, or by why nobody was chosen. */
  readonly choices: Map<string, number>
  /** Choices made without Redis. */
  alone: number
  /** Places put back into Redis after they were lost. */
  restored: number
}

/** Nothing yet. */
export function newCounts(): LedgerCounts {
  return { choices: new Map(), alone: 0, restored: 0 }
}

/** Counts one choice. */
export function countChoice({ choices }: LedgerCounts, { decision: { picked, choice } }: Choice): void {
  const how = choice.kind === 'chosen' ? (picked?.rule ?? 'unknown') : choice.reason
  choices.set(how, (choices.get(how) ?? 0) + 1)
}
