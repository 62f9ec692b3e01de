import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { dialInput, dialOutput, type DialOutput } from '../contract/dial.ts'
import { idSchema } from '../contract.ts'
import type { DialRefusal } from '../dial-desk.ts'
import type { Dialler } from '../dialler.ts'
import { causeText } from '../domain/cause.ts'
import type { Dial } from '../domain/dial.ts'
import type { Store } from '../store/store.ts'
import { readBody } from './input.ts'
import { describe } from './openapi.ts'
import { problem, type ProblemParts } from './problem.ts'
import { findIn, missing } from './resource.ts'

/** Serves orders to dial a number into an agent's conference. */
export function serveDial(
  app: OpenAPIHono,
  { store, dialler }: { readonly store: Pick<Store, 'agents'>; readonly dialler: Dialler },
): void {
  describe(app, 'post', '/api/v1/agents/{id}/calls', {
    summary: 'Dial a number into the conference of an agent; the same reference is the same call',
    id: idSchema,
    input: dialInput,
    output: dialOutput,
    status: 201,
  })
  app.post('/api/v1/agents/:id/calls', async c => {
    const body = await readBody(c, dialInput)
    if (!body.ok) return body.response
    const agent = await findIn(store.agents, c)
    if (!agent) return missing(c, 'agents')
    const { number, ...rest } = body.value
    const dialled = await dialler.dial({ agent: agent.item, dialled: number, ...rest })
    if (dialled.kind === 'refused') return problem(c, problemOfRefusal(dialled.refusal))
    return answer(c, dialled)
  })
}

/** A call that was ordered: 201 when it is new, 200 when its reference is known. */
export function answer(
  c: Context,
  { kind, dial }: { readonly kind: 'begun' | 'known'; readonly dial: Dial },
): Response {
  return c.json(shownDial(dial), kind === 'begun' ? 201 : 200, { Location: `/api/v1/calls/${dial.call}` })
}

/** A call that was ordered as the API shows it. */
export function shownDial({ call, agent, number, reference, server, at, news }: Dial): DialOutput {
  const { state, answeredAt, cause, status } = news
  return {
    id: call,
    agent,
    number,
    ...(reference !== undefined && { reference }),
    server,
    state,
    since: at,
    ...(answeredAt !== undefined && { answeredAt }),
    ...((state === 'ended' || state === 'failed') && { endedAt: news.at }),
    ...(cause !== undefined && {
      cause: { q850: cause, text: causeText(cause), ...(status !== undefined && { sip: status }) },
    }),
  }
}

/** Why nothing was dialled, by field and with what to do about it. */
export function problemOfRefusal(refusal: DialRefusal): ProblemParts {
  switch (refusal.kind) {
    case 'no-number':
      return wrong(
        400,
        'number',
        'must be up to 32 of 0-9 * # with a + before them or not, or an alias of dialOut.aliases',
      )
    case 'not-allowed': {
      const prefixes = refusal.prefixes.slice(0, 16).join(', ')
      return wrong(
        403,
        'number',
        `does not begin with what this agent may dial (${prefixes}); dialOut and its groups say that`,
      )
    }
    case 'away':
      return wrong(409, 'agent', 'waits in no conference; sign the agent in first')
    case 'other-call':
      return wrong(
        409,
        'reference',
        `is that of a call to ${refusal.dial.number}; give each call a reference of its own`,
      )
    case 'limit':
      return limitReached(refusal)
  }
}

function limitReached({
  limit,
  most,
  retryMs = 10_000,
}: Extract<DialRefusal, { kind: 'limit' }>): ProblemParts {
  const whose = limit.kind === 'agent' ? 'agent' : `group ${limit.id}`
  const setting =
    limit.kind === 'group'
      ? `${most} of dialOut.groups`
      : most === 'calls'
        ? 'dialOut.callsPerAgent'
        : 'dialOut.callsPerHourPerAgent'
  const text =
    most === 'calls'
      ? `has ${limit.calls} calls, which is the most at once; end one, or raise ${setting}`
      : `has dialled ${limit.callsPerHour} numbers within an hour, which is the most; wait, or raise ${setting}`
  const headers = { 'Retry-After': String(Math.ceil(retryMs / 1000)) }
  return { ...wrong(429, whose, text), headers }
}

function wrong(status: 400 | 403 | 409 | 429, field: string, text: string): ProblemParts {
  const code = status === 409 ? 'E_CONFLICT' : 'E_API'
  return { status, code, detail: `${field} ${text}`, errors: [{ field, wrong: text }] }
}
