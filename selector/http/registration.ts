import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { idSchema, serverInput, serverPatch } from '../contract.ts'
import type { Registered, ServerRegistration } from '../registration.ts'
import { readBody } from './input.ts'
import { describe } from './openapi.ts'
import { problem } from './problem.ts'
import { missing } from './resource.ts'

/** What a media server says of itself when it registers. */
const registrationInput = serverInput.pick({ sip: true }).extend({
  /** Port of its Manager Interface; user and secret are those of `fleet.registration`. */
  amiPort: z.int().min(1).max(65_535).default(5038),
  capacity: serverPatch.shape.capacity,
  zone: serverPatch.shape.zone,
  /** For how long; it shall register again before that. */
  expiresSec: z.int().min(10).max(3_600).default(60),
})

/** Serves what a media server says of itself, for those that cannot register by SIP. */
export function serveRegistration(
  app: OpenAPIHono,
  registration: Pick<ServerRegistration, 'register'> | undefined,
): void {
  describe(app, 'post', '/api/v1/servers/{id}/register', {
    summary:
      'Register a media server for a while, by itself; the first time adds it, silence drains it, and what an operator set stays',
    id: idSchema,
    input: registrationInput,
    output: z.object({ id: z.string(), expiresSec: z.int() }),
  })
  app.post('/api/v1/servers/:id/register', async c => {
    const id = idSchema.safeParse(c.req.param('id'))
    if (!id.success) return missing(c, 'servers')
    const body = await readBody(c, registrationInput)
    if (!body.ok) return body.response
    const { sip, expiresSec, ...claim } = body.value
    const { host, ...rest } = sip
    const result = await registration?.register({ id: id.data, host, sip: rest, ...claim }, expiresSec)
    if (result?.kind === 'registered') return c.json({ id: id.data, expiresSec })
    return problem(c, refusal(result?.reason ?? 'off'))
  })
}

type Reason = Extract<Registered, { kind: 'refused' }>['reason']

function refusal(reason: Reason): { status: 409; code: 'E_CONFLICT' | 'E_CONFIG'; detail: string } {
  const code = reason === 'off' ? 'E_CONFIG' : 'E_CONFLICT'
  return { status: 409, code, detail: details[reason] }
}

const details: Readonly<Record<Reason, string>> = {
  off: 'set fleet.registration.amiSecret: without it no media server can be taken',
  'id-taken': 'that id belongs to a media server at another address',
  'address-taken': 'another media server is at that address',
}
