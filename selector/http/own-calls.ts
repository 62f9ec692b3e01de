import type { Context, Hono } from 'hono'
import type { Log } from '../../runtime/log.ts'
import type { LoginThrottle } from '../../runtime/login-throttle.ts'
import { ownDialInput, ownDialOutput, type OwnDialOutput } from '../contract/dial.ts'
import type { Credentials } from '../credentials.ts'
import type { Dialler } from '../dialler.ts'
import type { Agent } from '../domain/agent.ts'
import type { Dial } from '../domain/dial.ts'
import type { Store } from '../store/store.ts'
import { limited } from './admin-app.ts'
import { problemOfRefusal, shownDial } from './dial.ts'
import { readBody } from './input.ts'
import { notFound, problem, tooMany } from './problem.ts'

/** What an agent's own calls need. */
export interface OwnCallsOptions {
  readonly credentials: Pick<Credentials, 'verifyIssued'>
  readonly dialler: Dialler
  readonly store: Pick<Store, 'dials' | 'orders'>
  readonly throttle: LoginThrottle
  readonly maxBodyBytes: number
  readonly log: Log
  readonly addressOf: (c: Context) => string
}

/**
 * Serves the calls that an agent dials from its page. Who asks is said by the credential of its session, as HTTP Basic (RFC 7617),
 * and nothing else: an agent dials into its own conference and hangs up its own calls.
 */
export function serveOwnCalls(app: Hono, options: OwnCallsOptions): void {
  const { dialler, store, maxBodyBytes } = options
  const path = '/api/session/calls'
  app.post(path, limited(maxBodyBytes), async c => {
    const agent = await agentOf(c, options)
    if (agent instanceof Response) return agent
    const body = await readBody(c, ownDialInput)
    if (!body.ok) return body.response
    const { number, ...rest } = body.value
    const dialled = await dialler.dial({ agent, dialled: number, ...rest })
    if (dialled.kind === 'refused') return problem(c, problemOfRefusal(dialled.refusal))
    return c.json(shown(dialled.dial), dialled.kind === 'begun' ? 201 : 200)
  })
  app.delete(`${path}/:id`, async c => {
    const agent = await agentOf(c, options)
    if (agent instanceof Response) return agent
    const dial = await store.dials.get(c.req.param('id').slice(0, 64))
    if (dial?.agent !== agent.id) return notFound(c, 'you have dialled no such call')
    await store.orders.give({ kind: 'hang-up', call: dial.call })
    return c.body(null, 204)
  })
}

function shown(dial: Dial): OwnDialOutput {
  return ownDialOutput.parse(shownDial(dial))
}

/** Whose session it is, or the answer to one who has none. */
async function agentOf(
  c: Context,
  { credentials, throttle, log, addressOf }: OwnCallsOptions,
): Promise<Agent | Response> {
  const address = addressOf(c)
  const given = basic(c.req.header('Authorization') ?? '')
  const waitMs = (): number => throttle.waitMs(address, given?.user ?? '')
  if (waitMs() > 0) return tooMany(c, waitMs())
  const agent = given && (await credentials.verifyIssued(given.user, given.password))
  // Of guesses that came together, those beyond the number are not told whether they were right.
  if (waitMs() > 0) return tooMany(c, waitMs())
  if (agent) return agent
  if (given) throttle.failed(address, given.user)
  log.warn('session.unknown', { address })
  return problem(c, { status: 401, code: 'E_API', detail: 'the session is unknown or over; sign in again' })
}

function basic(header: string): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]{4,400})$/i.exec(header) ?? []
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon > 0 ? { user: text.slice(0, colon), password: text.slice(colon + 1) } : undefined
}
