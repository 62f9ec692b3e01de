import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ConferenceMember } from '../ami/actions.ts'
import { conferenceOutput, idSchema } from '../contract.ts'
import type { MediaServer } from '../domain/media-server.ts'
import type { Store } from '../store/store.ts'
import { describe } from './openapi.ts'
import { notFound } from './problem.ts'
import { findIn, missing } from './resource.ts'

/** Asks a media server who is in one of its conferences. */
export type AskConference = (server: MediaServer, conference: string) => Promise<readonly ConferenceMember[]>

/** Serves what an Asterisk itself says about a conference. */
export function serveConferences(
  app: OpenAPIHono,
  { store, ask }: { readonly store: Pick<Store, 'servers'>; readonly ask: AskConference },
): void {
  const path = '/api/v1/servers/{id}/conferences/{conference}'
  const summary = 'Ask a media server who is in a conference now'
  describe(app, 'get', path, { summary, id: idSchema, output: conferenceOutput })
  app.get('/api/v1/servers/:id/conferences/:conference', async c => {
    const found = await findIn(store.servers, c)
    if (!found) return missing(c, 'servers')
    const conference = c.req.param('conference')
    if (!/^[a-z0-9_.-]{1,79}$/.test(conference))
      return notFound(c, `${conference} is no name of a conference`)
    return c.json({ conference, members: await ask(found.item, conference) })
  })
}
