import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { traceOutput, type TraceOutput } from '../contract.ts'
import { describe } from './openapi.ts'
import { notFound } from './problem.ts'

/** What a call said on the wire, by its id or the Call-ID of one of its legs; undefined when it is not known here. */
export type TraceOf = (id: string) => Readonly<TraceOutputParts> | undefined

type TraceOutputParts = { readonly [K in keyof TraceOutput]: Readonly<TraceOutput[K]> }

/** Serves the last calls of this process as they were on the wire. */
export function serveTraces(app: OpenAPIHono, { traceOf }: { readonly traceOf: TraceOf }): void {
  describe(app, 'get', '/api/v1/traces/{id}', {
    summary: 'What the legs of a call said on the wire, in order',
    id: z.string(),
    output: traceOutput,
  })
  app.get('/api/v1/traces/:id', c => {
    const trace = traceOf(c.req.param('id'))
    if (trace !== undefined) return c.json(trace)
    return notFound(
      c,
      'no message of that call is known here; ask the door that had it, limits.traceCalls bounds how many are kept',
    )
  })
}
