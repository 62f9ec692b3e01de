import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Clock } from '../../runtime/clock.ts'
import { selectionInput, selectionOutput, selectionQuery, type SelectionOutput } from '../contract.ts'
import { choose, type Choice, type Policy } from '../domain/choose.ts'
import type { MediaServer } from '../domain/media-server.ts'
import type { Store } from '../store/store.ts'
import { readBody, readQuery } from './input.ts'
import { describe } from './openapi.ts'
import { problem } from './problem.ts'
import { stateOf } from './servers.ts'

/** What placement over HTTP needs. */
export interface SelectionOptions {
  readonly store: Pick<Store, 'ledger' | 'pins' | 'servers'>
  readonly policy: Policy
  readonly ttlMs: number
  readonly clock: Clock
  /** In [0, 1); settles ties. */
  readonly chance: () => number
}

/** Serves the choice of a media server: GET looks, POST reserves. Both say why. */
export function serveSelection(app: OpenAPIHono, options: SelectionOptions): void {
  const { store, policy, ttlMs, clock, chance } = options
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
    const choice = choose(candidates, policy, exclude, chance())
    return c.json(await explained(options, choice, await pinOf(store, agent)))
  })

  app.post(path, async c => {
    const body = await readBody(c, selectionInput)
    if (!body.ok) return body.response
    const { call, agent, exclude } = body.value
    const pin = await pinOf(store, agent)
    if (pin)
      return c.json(await explained(options, { kind: 'none', reason: 'none-eligible', considered: [] }, pin))
    const at = clock.wall()
    const choice = await store.ledger.reserve({ call, exclude, chance: chance(), at, ttlMs })
    if (choice.kind === 'chosen') {
      return c.json({ ...(await explained(options, choice)), reservedUntil: at + ttlMs })
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
  { store, policy, clock }: SelectionOptions,
  choice: Choice,
  pin?: MediaServer,
): Promise<SelectionOutput> {
  const candidates = new Map((await store.ledger.candidates()).map(one => [one.server.id, one]))
  const server = pin ?? (choice.kind === 'chosen' ? choice.server : undefined)
  const kind = pin ? 'pinned' : choice.kind
  return {
    kind,
    ...(server && { server: { id: server.id, sip: server.sip } }),
    ...(kind === 'none' && choice.kind === 'none' && { reason: choice.reason }),
    utilisation: policy.utilisation,
    considered: choice.considered.map(({ id, load, excluded }) => {
      const candidate = candidates.get(id)
      return {
        id,
        ...(load !== undefined && { share: load }),
        ...(excluded && { excluded }),
        ...(candidate && { wanted: candidate.server.wanted, state: stateOf(candidate, clock.wall()) }),
      }
    }),
  }
}
