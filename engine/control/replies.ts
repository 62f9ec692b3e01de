import { randomUUID } from 'node:crypto'
import type { Clock } from '../../runtime/clock.ts'
import type { SipMessage } from '../message/message.ts'
import { writeMessage } from '../message/write.ts'
import type { App } from './book.ts'
import { replyLeader, timeOfDay, type Place } from './leader.ts'
import { printable } from './sip-order.ts'

/** A message with what every leader line says of it. */
export interface Telling {
  readonly id: string
  readonly bytes: number
  readonly place: Place
  readonly time: string
  readonly text: Buffer
}

/** `message` as it is told to an application. */
export function telling(clock: Clock, message: SipMessage, place: Place): Telling {
  const text = writeMessage(message)
  return { id: randomUUID(), bytes: text.length, place, time: timeOfDay(clock.wall()), text }
}

/** Answers the order `to` of an application without a message. */
export function reply(
  app: Pick<App, 'send'>,
  to: string,
  status: 'OK' | 'NO' | 'NOK',
  ...fields: readonly string[]
): void {
  app.send(replyLeader(randomUUID(), to, status, ...fields))
}

/** Answers an order that cannot be carried out; `reason` may hold what the application has written. */
export function refuse(app: App, to: string, status: 'NO' | 'NOK', reason: string): void {
  reply(app, to, status, printable(reason))
}
