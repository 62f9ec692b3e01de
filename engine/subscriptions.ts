import type { Core } from './core.ts'
import { closeDialog } from './dialogs.ts'
import type { LiveDialog } from './live-dialog.ts'
import { LiveSubscriptions } from './live-subscriptions.ts'
import type { SipRequest } from './message/message.ts'

/** The dialog is one of subscriptions: it ends with the last of them. */
export function keepBySubscription(core: Core, live: LiveDialog): void {
  live.subscriptions ??= new LiveSubscriptions(core, () => closeDialog(core, live))
}

/** A request in the dialog was accepted, the response said `expires`: a SUBSCRIBE renews its subscription, a NOTIFY may end it. */
export function followSubscription(
  { subscriptions }: LiveDialog,
  { method, headers }: SipRequest,
  expires: string | undefined,
): void {
  if (subscriptions === undefined) return
  const event = (headers.get('event') ?? '').trim().toLowerCase()
  if (method === 'SUBSCRIBE') {
    subscriptions.renewed(event, seconds(expires) ?? seconds(headers.get('expires')) ?? defaultSeconds)
  } else if (method === 'NOTIFY' && isTerminated.test(headers.get('subscription-state') ?? '')) {
    subscriptions.ended(event)
  }
}

function seconds(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d{1,9}\s*$/.test(value)
    ? Math.min(Number(value), mostSeconds)
    : undefined
}

const isTerminated = /^\s*terminated\b/i
/** For packages that state none (RFC 6665 §4.2.1.1 leaves it to them). */
const defaultSeconds = 3600
const mostSeconds = 7 * 86_400
