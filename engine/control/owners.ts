import type { SipRequest } from '../message/message.ts'
import type { App } from './book.ts'
import { deliveryLeader } from './leader.ts'
import { telling } from './replies.ts'
import type { Traffic } from './traffic.ts'

/** The application of a dialog, or who stands in for it once that is gone. */
export function ownerOf({ book }: Traffic, dialog: string, { method }: SipRequest): App | undefined {
  const owner = book.dialogs.owner(dialog)
  return owner?.alive === true ? owner : book.routes.heir(owner, method)
}

/** Tells of a BYE that was not the application's: drachtio-srf ends the dialog that it belongs to. */
export function tellEnd({ clock }: Traffic, app: App, dialog: string, bye: SipRequest): void {
  const told = telling(clock, bye, undefined)
  app.send(deliveryLeader({ from: 'application', transaction: 'unsolicited', dialog, ...told }), told.text)
}
