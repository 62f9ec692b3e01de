import { randomUUID } from 'node:crypto'
import type { Clock } from '../../runtime/clock.ts'
import type { SipMessage } from '../message/message.ts'
import { writeMessage } from '../message/write.ts'
import type { Routes } from './routes.ts'
import { timeOfDay } from './leader.ts'

/** Where the message of a record came from. */
export type CdrSource = 'network' | 'application'

/** What this server was in the call. */
export type CdrRole = 'uac' | 'uas' | 'proxy-uac' | 'proxy-uas'

/** Why a call is over. */
export type CdrReason =
  'call-rejected' | 'call-canceled' | 'normal-release' | 'session-expired' | 'system-initiated-termination'

/** Records of calls. Each goes to one of the applications that asked for it, in turn; so those of one call may go to several. */
export interface Cdrs {
  readonly isOn: boolean
  attempt(source: CdrSource, message: SipMessage): void
  start(source: CdrSource, message: SipMessage, role: CdrRole): void
  stop(source: CdrSource, message: SipMessage, reason: CdrReason): void
}

/** Tells nothing at all when it is not `isOn`. */
export function createCdrs(routes: Routes, clock: Clock, isOn: boolean): Cdrs {
  const tell = (what: string, source: CdrSource, message: SipMessage, more?: string): void => {
    const app = isOn ? routes.next(`cdr:${what}`) : undefined
    if (app === undefined) return
    const fields = [randomUUID(), `cdr:${what}`, source, timeOfDay(clock.wall())]
    app.send([...fields, ...(more === undefined ? [] : [more])].join('|'), writeMessage(message))
  }
  return {
    isOn,
    attempt: (source, message) => tell('attempt', source, message),
    start: (source, message, role) => tell('start', source, message, role),
    stop: (source, message, reason) => tell('stop', source, message, reason),
  }
}

/** Why an INVITE that was refused with this status came to nothing. */
export function refusalReason(status: number): CdrReason {
  return status === 487 ? 'call-canceled' : 'call-rejected'
}
