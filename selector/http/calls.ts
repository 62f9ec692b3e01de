import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { idSchema } from '../contract.ts'
import { callsOutput, moveInput } from '../contract/calls.ts'
import { callOutput, type CallOutput } from '../contract/dial.ts'
import type { Order, Store } from '../store/store.ts'
import { shownDial } from './dial.ts'
import { readBody } from './input.ts'
import { describe } from './openapi.ts'
import { notFound, problem } from './problem.ts'

/** Serves the orders that an operator gives to calls in progress, at whichever door they are. */
export function serveCalls(
  app: OpenAPIHono,
  { store }: { readonly store: Pick<Store, 'sessions' | 'servers' | 'orders' | 'dials'> },
): void {
  const path = '/api/v1/calls'
  const callId = z.string().max(64)
  describe(app, 'get', `${path}/{id}`, {
    summary: 'One call in progress, or one that was ordered',
    id: callId,
    output: callOutput,
  })
  app.get(`${path}/:id`, async c => {
    const [session, dial] = await Promise.all([sessionOf(store, c), store.dials.get(c.req.param('id'))])
    if (!dial) return session ? c.json(session) : noCall(c)
    const shown: CallOutput = { kind: 'dial-out', ...session, ...shownDial(dial) }
    return c.json(shown)
  })
  describe(app, 'delete', `${path}/{id}`, { summary: 'Hang a call up', id: callId, output: callsOutput })
  app.delete(`${path}/:id`, async c => give(c, store, { kind: 'hang-up', call: c.req.param('id') }))

  const summary = 'Move an agent with its clients to another media server, unheard by both'
  for (const [name, id] of [
    ['calls', callId],
    ['agents', idSchema],
  ] as const) {
    describe(app, 'post', `/api/v1/${name}/{id}/move`, { summary, id, input: moveInput, output: callsOutput })
  }
  app.post(`${path}/:id/move`, async c => {
    const found = await sessionOf(store, c)
    if (found === undefined) return noCall(c)
    return found.agent === undefined ? problem(c, hasNoAgent) : move(c, store, found.agent)
  })
  app.post('/api/v1/agents/:id/move', async c => move(c, store, c.req.param('id').toLowerCase()))
}

async function move(c: Context, store: Pick<Store, 'servers' | 'orders'>, agent: string): Promise<Response> {
  const body = await readBody(c, moveInput)
  if (!body.ok) return body.response
  const { server } = body.value
  const known = server === undefined ? undefined : await store.servers.get(server)
  if (server !== undefined && known === undefined) return notFound(c, `there is no media server ${server}`)
  if (known && known.item.wanted !== 'active') {
    const detail = `${server} is ${known.item.wanted}; activate it, or name another one`
    return problem(c, { status: 409, code: 'E_CONFLICT', detail })
  }
  return give(c, store, { kind: 'move', agent, ...(server !== undefined && { server }) })
}

async function give(c: Context, { orders }: Pick<Store, 'orders'>, order: Order): Promise<Response> {
  const outcome = await orders.give(order)
  if (outcome === undefined) return noCall(c)
  if (outcome.kind === 'done') return c.json({ calls: outcome.calls, server: outcome.server })
  return problem(c, { status: 409, code: 'E_CONFLICT', detail: reasons[outcome.reason] ?? outcome.reason })
}

async function sessionOf({ sessions }: Pick<Store, 'sessions'>, c: Context) {
  const id = c.req.param('id')
  return (await sessions.list()).find(session => session.id === id)
}

function noCall(c: Context): Response {
  return notFound(c, 'no door has such a call; GET /api/v1/sessions lists those in progress')
}

const hasNoAgent = {
  status: 409,
  code: 'E_CONFLICT',
  detail: 'the call is on no media server',
} as const

/** Why a door did not do it, and what to do about that. */
const reasons: Readonly<Record<string, string>> = {
  'already-there': 'the agent is on that media server already',
  busy: 'the call is just being changed; try again in a moment',
  'no-server': 'no other media server can take the agent now; GET /api/v1/selection says why',
  refused: 'the other media server did not take the call; look at its log',
  'not-anchored': 'media is not anchored (media.mode: direct), so a call cannot be moved unheard',
}
