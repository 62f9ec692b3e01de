import { ownerOf, tellEnd } from './owners.ts'
import type { Traffic } from './traffic.ts'

/**
 * A connection has closed: the dialogs whose peer was heard over it last are ended after a while, unless the peer has come back on
 * another one. The application hears of it as of every BYE that was not its own; there is no other word for it that drachtio-srf knows.
 */
export function hangUpLater(traffic: Traffic, flow: string): void {
  const { book, clock, hangUpAfterMs, inTurn } = traffic
  if (hangUpAfterMs === undefined || book.dialogs.over(flow).length === 0) return
  clock.after(hangUpAfterMs, () =>
    inTurn(() => {
      for (const dialog of book.dialogs.over(flow)) hangUp(traffic, dialog)
    }),
  )
}

function hangUp(traffic: Traffic, dialog: string): void {
  const { engine, book, log, cdrs } = traffic
  const done = engine.request({ method: 'BYE', dialog, headers: [['Reason', reason]] })
  const app = done.ok ? ownerOf(traffic, dialog, done.request) : undefined
  book.dialogs.end(dialog)
  log.info('control.dialog-ended', { dialog, reason: 'flow-closed', app: app?.name })
  if (!done.ok) return
  cdrs.stop('application', done.request, 'system-initiated-termination')
  if (app !== undefined) tellEnd(traffic, app, dialog, done.request)
}

const reason = 'SIP ;cause=410 ;text="Connection closed"'
