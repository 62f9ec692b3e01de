import { appendFile } from 'node:fs'
import type { Session, SessionStore } from '../../selector/store/store.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { CallLog, CallRecord, LiveCall } from '../ports.ts'

export interface CallLogOptions {
  readonly sessions: SessionStore
  /** The name of this door in the store. */
  readonly door: string
  /** Takes one JSON line for each call that is over. */
  readonly cdrFile?: string
  readonly log: Log
  /** Gets each call that begins. */
  readonly onBegan?: (call: LiveCall) => void
}

/** Shows calls in the store while they last, and writes a record of each when it is over. */
export function createCallLog({ sessions, door, cdrFile, log, onBegan }: CallLogOptions): CallLog {
  function show(call: LiveCall): void {
    const { leg: _, ...shown } = call
    const session: Session = { ...shown, door }
    sessions.put(session).catch(notShown(call.id))
  }

  function notShown(call: string): (cause: unknown) => void {
    return cause => log.warn('call.not-shown', { call, cause: messageOf(cause) })
  }

  function keep(record: CallRecord): void {
    if (cdrFile === undefined) return
    appendFile(cdrFile, `${JSON.stringify({ ...record, door })}\n`, { mode: 0o600 }, cause => {
      if (cause) log.error('cdr.not-written', { call: record.id, file: cdrFile, cause: cause.message })
    })
  }

  return {
    began(call) {
      log.info('call.began', { ...call })
      onBegan?.(call)
      show(call)
    },
    changed: show,
    over(record) {
      log.info('call.over', { ...record })
      keep(record)
      sessions.remove(record.id).catch(notShown(record.id))
    },
  }
}
