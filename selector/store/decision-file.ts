import { appendFile } from 'node:fs'
import type { Log } from '../../runtime/log.ts'
import type { DecisionLog } from './store.ts'

/** A log of decisions that also goes to `file`, one JSON line each; without a file the log as it is. */
export function withFile(decisions: DecisionLog, file: string | undefined, log: Log): DecisionLog {
  if (file === undefined) return decisions
  return {
    ...decisions,
    of: call => decisions.of(call),
    async put(decision) {
      appendFile(file, `${JSON.stringify(decision)}\n`, { mode: 0o600 }, cause => {
        if (cause) log.error('decision.not-written', { call: decision.call, file, cause: cause.message })
      })
      await decisions.put(decision)
    },
  }
}
