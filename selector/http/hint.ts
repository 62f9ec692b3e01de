import type { OpenAPIHono } from '@hono/zod-openapi'
import { hintOutput, hintQuery, listOf } from '../contract.ts'
import type { PinTokens } from '../pin-tokens.ts'
import { rankWaiting, type Ranked, type Waiting } from '../domain/hint.ts'
import type { Session, Store } from '../store/store.ts'
import { readQuery } from './input.ts'
import { describe } from './openapi.ts'

/** Serves waiting agents in the order in which an ACD should give them calls. */
export function serveHint(app: OpenAPIHono, { store, tokens }: HintOptions): void {
  const path = '/api/v1/hint'
  describe(app, 'get', path, {
    summary: 'Waiting agents, those on the least loaded media servers first, for an ACD',
    query: hintQuery,
    output: listOf(hintOutput),
  })
  app.get(path, async c => {
    const query = readQuery(c, hintQuery)
    if (!query.ok) return query.response
    const { agents, limit } = query.value
    const [sessions, candidates] = await Promise.all([store.sessions.list(), store.ledger.candidates()])
    const asked = agents && new Set(agents)
    const waiting = waitingAgents(sessions).filter(({ agent }) => asked?.has(agent) ?? true)
    const ranked = rankWaiting(waiting, candidates, limit)
    return c.json({ items: tokens ? await withTokens(ranked, store, tokens) : ranked })
  })
}

/** What a hint needs. */
interface HintOptions {
  readonly store: Pick<Store, 'ledger' | 'sessions' | 'pins'>
  readonly tokens?: Pick<PinTokens, 'give'>
}

function withTokens(
  ranked: readonly Ranked[],
  { pins }: HintOptions['store'],
  tokens: Pick<PinTokens, 'give'>,
): Promise<readonly (Ranked & { readonly pin?: string })[]> {
  return Promise.all(
    ranked.map(async one => {
      const pin = await pins.get(one.agent)
      return pin?.server === one.server ? { ...one, pin: tokens.give(pin) } : one
    }),
  )
}

/** Agents whose leg is up and who have no client. */
function waitingAgents(sessions: readonly Session[]): readonly Waiting[] {
  const busy = new Set(sessions.filter(({ kind }) => kind === 'client').map(({ agent }) => agent))
  return sessions.flatMap(({ kind, agent, server, state, since }) =>
    kind === 'agent' && agent !== undefined && state === 'up' && server !== undefined && !busy.has(agent)
      ? [{ agent, server, since }]
      : [],
  )
}
