import type { Session, SessionStore } from '../../selector/store/store.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { CallLog, LiveCall } from '../ports.ts'

/** Shows calls in the store while they last, and writes a record of each when it is over. */
export function createCallLog(sessions: SessionStore, door: string, log: Log): CallLog {
  function show(call: LiveCall): void {
    const session: Session = { ...call, door }
    sessions.put(session).catch(notShown(call.id))
  }

  function notShown(call: string): (cause: unknown) => void {
    return cause => log.warn('call.not-shown', { call, cause: messageOf(cause) })
  }

  return {
    began(call) {
      log.info('call.began', { ...call })
      show(call)
    },
    changed: show,
    over(record) {
      log.info('call.over', { ...record })
      sessions.remove(record.id).catch(notShown(record.id))
    },
  }
}
