import type { App } from './book.ts'
import type { Traffic } from './traffic.ts'

/**
 * An application has gone. Nobody answers for it any more: callers are told at once, callees are let go. What is proxied goes on, and so do
 * established dialogs, which wait for it or for another one with its tags.
 */
export function clearUpAfter({ engine, book }: Traffic, app: App): void {
  book.routes.drop(app)
  for (const [transaction, incoming] of book.incoming) {
    if (incoming.app !== app) continue
    book.incoming.delete(transaction)
    engine.respond(transaction, { status: 503 })
  }
  for (const [transaction, outgoing] of book.outgoing) {
    if (outgoing.app === app && outgoing.request.method === 'INVITE') engine.cancel(transaction)
  }
}

/** Answers requests to which an application has said nothing since `latest`. */
export function answerForTheSilent({ engine, book, log }: Traffic, latest: number): void {
  for (const [transaction, { app, request, waitingSince }] of book.incoming) {
    if (waitingSince === undefined || waitingSince > latest) continue
    log.warn('control.no-response', { app: app.name, method: request.method, transaction })
    book.incoming.delete(transaction)
    engine.respond(transaction, { status: 480 })
  }
}
