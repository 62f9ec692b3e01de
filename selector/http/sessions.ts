import type { OpenAPIHono } from '@hono/zod-openapi'
import { listOf, sessionOutput } from '../contract.ts'
import type { Store } from '../store/store.ts'
import { describe } from './openapi.ts'

/** Serves the legs in progress on all doors, the oldest first. */
export function serveSessions(
  app: OpenAPIHono,
  { store }: { readonly store: Pick<Store, 'sessions'> },
): void {
  const path = '/api/v1/sessions'
  describe(app, 'get', path, { summary: 'List the legs in progress', output: listOf(sessionOutput) })
  app.get(path, async c => {
    const items = (await store.sessions.list()).toSorted((a, b) => a.since - b.since)
    return c.json({ items })
  })
}
