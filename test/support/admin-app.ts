import type { OpenAPIHono } from '@hono/zod-openapi'
import { silentLog } from '../../runtime/log.ts'
import { createAdminApp } from '../../selector/http/admin-app.ts'
import type { AmiActions } from '../../selector/ami/actions.ts'
import { createDialler } from '../../selector/dialler.ts'
import { createNailUp } from '../../selector/nail-up.ts'
import type { DialPolicy } from '../../selector/domain/dial-policy.ts'
import { createMetrics } from '../../selector/http/metrics.ts'
import type { ServerRegistration } from '../../selector/registration.ts'
import type { PinTokens } from '../../selector/pin-tokens.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import type { Store } from '../../selector/store/store.ts'
import { ManualClock } from './manual-clock.ts'

/** An admin app over a memory store, and a way to ask it. */
export interface AdminFixture {
  readonly app: OpenAPIHono
  readonly store: Store
  readonly clock: ManualClock
  /** Asks with the token, and with `body` as JSON. */
  readonly ask: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>
}

/** What came back: its JSON, or its text when it is none. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly json: unknown
}

/** The token of every fixture. */
export const adminToken = 'token-of-the-tests'

/** What a fixture may have of its own. */
export interface FixtureParts {
  /** How media servers take orders to call; default: they take them, and nobody ever answers. */
  readonly originate?: AmiActions['originate']
  /** How they ring agents; default: the agent answers. */
  readonly ring?: AmiActions['ring']
  readonly dialPolicy?: Partial<DialPolicy>
  readonly pinTokens?: Pick<PinTokens, 'give'>
  /** Takes media servers that register themselves; default: none may. */
  readonly registration?: (store: Store, clock: ManualClock) => Pick<ServerRegistration, 'register'>
}

const onlyRings: AmiActions['originate'] = async (_server, _order, onTaken) => {
  onTaken?.()
  return await new Promise(() => undefined)
}

/** `change` may replace parts of the store. */
export function adminFixture(
  change: (store: Store) => Store = store => store,
  {
    originate = onlyRings,
    ring = async () => ({ kind: 'answered' }),
    dialPolicy = {},
    pinTokens,
    registration,
  }: FixtureParts = {},
): AdminFixture {
  const clock = new ManualClock()
  const policy = { utilisation: 'expected', rho: 0.7 } as const
  const store = change(createMemoryStore({ policy, clock, log: silentLog }))
  const app = createAdminApp({
    store,
    token: adminToken,
    realm: 'realm.example',
    reservationMs: 15_000,
    maxBodyBytes: 65_536,
    askConference: async (server, conference) => [{ role: 'agent', call: `${server.id} ${conference}` }],
    dialler: createDialler({
      store,
      actions: { originate },
      policy: { prefixes: [], calls: 2, callsPerHour: 120, groups: [], aliases: [], ...dialPolicy },
      domain: 'realm.example',
      ringMs: 60_000,
      holdMs: 30_000,
      keepMs: 86_400_000,
      clock,
      log: silentLog,
    }),
    nailUp: createNailUp({
      store,
      actions: { ring },
      domain: 'realm.example',
      ringMs: 20_000,
      reservationMs: 35_000,
      clock,
      chance: () => 0,
      log: silentLog,
    }),
    clock,
    log: silentLog,
    metrics: createMetrics({ store }),
    chance: () => 0,
    ...(pinTokens && { pinTokens }),
    ...(registration && { registration: registration(store, clock) }),
  })
  return {
    app,
    store,
    clock,
    async ask(method, path, body, headers = {}) {
      const response = await app.request(path, {
        method,
        headers: {
          Authorization: `Bearer ${adminToken}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('Content-Type')?.includes('json') ?? false
      const json: unknown = isJson ? JSON.parse(text) : text
      return { status: response.status, headers: response.headers, json }
    },
  }
}
