import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { callsOutput, nailUpOutput } from '../contract/calls.ts'
import { idSchema } from '../contract.ts'
import type { NailUp, NailedUp } from '../nail-up.ts'
import type { Store } from '../store/store.ts'
import { describe } from './openapi.ts'
import { problem, type ProblemParts } from './problem.ts'
import { findIn, missing } from './resource.ts'

/** Serves the pulling of agents into their conferences, and the letting go. Both may be repeated. */
export function serveNailUp(
  app: OpenAPIHono,
  { store, nailUp }: { readonly store: Pick<Store, 'agents'>; readonly nailUp: NailUp },
): void {
  const path = '/api/v1/agents'
  describe(app, 'post', `${path}/{id}/nailup`, {
    summary: 'Call an agent into its conference; 200 when it is there already',
    id: idSchema,
    output: nailUpOutput,
    status: 201,
  })
  app.post(`${path}/:id/nailup`, async c => {
    const agent = await findIn(store.agents, c)
    if (!agent) return missing(c, 'agents')
    return answer(c, await nailUp.up(agent.item.id))
  })
  describe(app, 'delete', `${path}/{id}/nailup`, {
    summary: 'Let an agent go: its leg is hung up, and with it its clients; none when it is in no conference',
    id: idSchema,
    output: callsOutput,
  })
  app.delete(`${path}/:id/nailup`, async c => {
    const agent = await findIn(store.agents, c)
    if (!agent) return missing(c, 'agents')
    return c.json({ calls: await nailUp.release(agent.item.id) })
  })
}

function answer(c: Context, outcome: NailedUp): Response {
  if (outcome.kind !== 'begun' && outcome.kind !== 'known') return problem(c, problemOfNailUp(outcome))
  const { leg } = outcome
  return c.json(leg, outcome.kind === 'begun' ? 201 : 200, { Location: `/api/v1/calls/${leg.id}` })
}

function problemOfNailUp(outcome: Exclude<NailedUp, { kind: 'begun' | 'known' }>): ProblemParts {
  switch (outcome.kind) {
    case 'not-registered': {
      const detail = 'no phone of the agent is registered; have the agent sign in on its page, then try again'
      return { status: 409, code: 'E_CONFLICT', detail }
    }
    case 'no-server': {
      const detail = `no media server can take the agent (${outcome.reason}); GET /api/v1/selection says why of each`
      return { status: 503, code: 'E_API', detail, headers: { 'Retry-After': '5' } }
    }
    case 'not-answered': {
      const said = outcome.status === undefined ? 'did not answer' : `answered ${outcome.status}`
      const detail = `the agent’s phone ${said}; see that its page is open and in no other call, then try again`
      return { status: 409, code: 'E_CONFLICT', detail }
    }
  }
}
