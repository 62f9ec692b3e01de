import { appendFile } from 'node:fs'
import type { RecordLog, Session, SessionStore } from '../../selector/store/store.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { CallLog, CallRecord, LiveCall, MediaStatistics } from '../ports.ts'

export interface CallLogOptions {
  readonly sessions: SessionStore
  readonly records: RecordLog
  /** The name of this door in the store. */
  readonly door: string
  /** Takes one JSON line for each call that is over. */
  readonly cdrFile?: string
  readonly log: Log
  /** Gets each call that begins. */
  readonly onBegan?: (call: LiveCall) => void
}

/** Shows calls in the store while they last, and writes a record of each when it is over. */
export function createCallLog({ sessions, records, door, cdrFile, log, onBegan }: CallLogOptions): CallLog {
  function show(call: LiveCall): void {
    const { leg: _, ...shown } = call
    const session: Session = { door, ...shown }
    sessions.put(session).catch((cause: unknown) => notShown(call.id, cause))
  }

  function notShown(call: string, cause: unknown): void {
    log.warn('call.not-shown', { call, cause: messageOf(cause) })
  }

  async function keep(record: CallRecord, measured: Promise<MediaStatistics | undefined>): Promise<void> {
    const media = await measured
    const whole = { door, ...record, ...(media && { media }) }
    log.info('call.over', whole)
    if (cdrFile !== undefined) {
      appendFile(cdrFile, `${JSON.stringify(whole)}\n`, { mode: 0o600 }, cause => {
        if (cause) log.error('cdr.not-written', { call: record.id, file: cdrFile, cause: cause.message })
      })
    }
    await records.put(whole)
  }

  return {
    began(call) {
      log.info('call.began', { ...call })
      onBegan?.(call)
      show(call)
    },
    changed: show,
    over(record, measured = unmeasured) {
      keep(record, measured).catch((cause: unknown) => {
        log.warn('cdr.not-kept', { call: record.id, cause: messageOf(cause) })
      })
      sessions.remove(record.id).catch((cause: unknown) => notShown(record.id, cause))
    },
  }
}

/** Of a call without media. */
const unmeasured = Promise.resolve(undefined)
