import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Clock } from '../../runtime/clock.ts'
import {
  selectionInput,
  selectionOutput,
  selectionQuery,
  type SelectionOutput,
} from '../contract/selection.ts'
import type { Choice } from '../domain/decision.ts'
import { considered, look } from '../domain/look.ts'
import type { MediaServer } from '../domain/media-server.ts'
import type { Store } from '../store/store.ts'
import { readBody, readQuery } from './input.ts'
import { describe } from './openapi.ts'
import { problem } from './problem.ts'
import { stateOf } from './servers.ts'

/** What placement over HTTP needs. */
export interface SelectionOptions {
  readonly store: Pick<Store, 'ledger' | 'pins' | 'servers' | 'decisions'>
  readonly ttlMs: number
  readonly clock: Clock
  /** In [0, 1); settles ties. */
  readonly chance: () => number
}

/** Serves the choice of a media server: GET looks, POST reserves. Both say why. */
export function serveSelection(app: OpenAPIHono, options: SelectionOptions): void {
  const { store, ttlMs, clock, chance } = options
  const path = '/api/v1/selection'
  const pinned = 'Agents who already wait somewhere are answered with that media server.'
  describe(app, 'get', path, {
    summary: `Which media server would be chosen now, and why; nothing is reserved. ${pinned}`,
    query: selectionQuery,
    output: selectionOutput,
  })
  describe(app, 'post', path, {
    summary: `Choose a media server and keep a place on it for a call. ${pinned}`,
    input: selectionInput,
    output: selectionOutput,
  })

  app.get(path, async c => {
    const query = readQuery(c, selectionQuery)
    if (!query.ok) return query.response
    const { agent, exclude = [] } = query.value
    const candidates = await store.ledger.candidates()
    const question = { policy: store.ledger.policy(), exclude, chance: chance(), at: clock.wall() }
    const choice = look(candidates, '', question)
    return c.json(await explained(options, choice, exclude, await pinOf(store, agent)))
  })

  app.post(path, async c => {
    const body = await readBody(c, selectionInput)
    if (!body.ok) return body.response
    const { call, agent, exclude } = body.value
    const pin = await pinOf(store, agent)
    if (pin) return c.json(await explained(options, undefined, exclude, pin))
    const at = clock.wall()
    const choice = await store.ledger.reserve({ call, exclude, chance: chance(), at, ttlMs })
    await store.decisions.put({ ...choice.decision, ...(agent !== undefined && { agent }) })
    if (choice.kind === 'chosen') {
      return c.json({ ...(await explained(options, choice, exclude)), reservedUntil: at + ttlMs })
    }
    return problem(c, {
      status: 503,
      code: 'E_API',
      detail: `no media server can take it (${choice.reason}); GET ${path} says why of each`,
      headers: { 'Retry-After': String(2 + Math.floor(chance() * 6)) },
    })
  })
}

async function pinOf(
  store: SelectionOptions['store'],
  agent: string | undefined,
): Promise<MediaServer | undefined> {
  const pin = agent === undefined ? undefined : await store.pins.get(agent)
  return pin && (await store.servers.get(pin.server))?.item
}

async function explained(
  { store, clock }: SelectionOptions,
  choice: Choice | undefined,
  exclude: readonly string[],
  pin?: MediaServer,
): Promise<SelectionOutput> {
  const policy = store.ledger.policy()
  const candidates = choice ? await store.ledger.candidates() : []
  const byId = new Map(candidates.map(one => [one.server.id, one]))
  const server = pin ?? (choice?.kind === 'chosen' ? choice.server : undefined)
  const kind = pin ? 'pinned' : (choice?.kind ?? 'none')
  return {
    kind,
    ...(server && { server: { id: server.id, sip: server.sip } }),
    ...(kind === 'none' && choice?.kind === 'none' && { reason: choice.reason }),
    utilisation: policy.utilisation,
    considered: considered(candidates, policy, exclude, clock.wall()).map(({ id, load, excluded }) => {
      const candidate = byId.get(id)
      return {
        id,
        ...(load !== undefined && { share: load }),
        ...(excluded && { excluded }),
        ...(candidate && { wanted: candidate.server.wanted, state: stateOf(candidate, clock.wall()) }),
      }
    }),
  }
}
