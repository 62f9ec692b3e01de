import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { listOf } from '../contract.ts'
import { decisionOutput, type DecisionOutput } from '../contract/selection.ts'
import { replay, type Decision, type LookedAt } from '../domain/decision.ts'
import type { Store } from '../store/store.ts'
import { describe } from './openapi.ts'
import { notFound } from './problem.ts'

/** Serves what led to the choices that were made for a call. */
export function serveDecisions(
  app: OpenAPIHono,
  { store }: { readonly store: Pick<Store, 'decisions'> },
): void {
  describe(app, 'get', '/api/v1/decisions/{id}', {
    summary: 'What led to each choice of a media server for a call, the first choice first',
    id: z.string(),
    output: listOf(decisionOutput),
  })
  app.get('/api/v1/decisions/:id', async c => {
    const call = c.req.param('id')
    const items = (await store.decisions.of(call)).map(shown)
    if (items.length > 0) return c.json({ items })
    return notFound(c, 'no choice is known for that call; the oldest are forgotten, check its id')
  })
}

function shown(decision: Decision): DecisionOutput {
  const { call, agent, door, at, policy, exclude, chance, alone = false, situation, picked } = decision
  const { choice, looked } = decision
  return {
    call,
    ...(agent !== undefined && { agent }),
    ...(door !== undefined && { door }),
    at,
    utilisation: policy.utilisation,
    rho: policy.rho,
    ...(policy.zone !== undefined && { zone: policy.zone }),
    exclude: [...exclude],
    chance,
    alone,
    counts: situation.counts,
    counted: situation.counted,
    fresh: situation.fresh,
    ...(picked && { rule: picked.rule, zones: picked.zones, among: picked.among }),
    looked: looked.map(one => shownServer(one, at)),
    ...(choice.kind === 'chosen' ? { server: choice.server } : { reason: choice.reason }),
    replay: replay(decision),
  }
}

function shownServer(
  { server: { id, zone, capacity }, share, load, reserved, health }: LookedAt,
  at: number,
): DecisionOutput['looked'][number] {
  return {
    id,
    zone,
    share,
    capacity,
    ...(load && { waiting: load.waiting, inCall: load.inCall, ageMs: Math.max(0, at - load.takenAt) }),
    reserved,
    health,
  }
}
