import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi'
import { z } from 'zod'
import { problemOutput } from '../contract.ts'

/** What the API document says about one operation. */
export interface Operation {
  readonly summary: string
  /** Set when the path holds `{id}`. */
  readonly id?: z.ZodType
  readonly ifMatch?: boolean
  readonly query?: z.ZodObject
  readonly input?: z.ZodType
  readonly output?: z.ZodType
  /** Of success; default 200. */
  readonly status?: number
  /** Of success; default JSON. */
  readonly type?: string
  /** Whether it can be used without a token. */
  readonly open?: boolean
}

/** Adds one operation to /openapi.json. */
export function describe(
  app: OpenAPIHono,
  method: RouteConfig['method'],
  path: string,
  operation: Operation,
): void {
  const { summary, id, ifMatch = false, query, input, open = false } = operation
  const params = id && z.object({ id })
  const headers = ifMatch ? z.object({ 'If-Match': z.string() }) : undefined
  app.openAPIRegistry.registerPath({
    method,
    path,
    summary,
    security: open ? [] : [{ bearer: [] }],
    request: {
      ...(params && { params }),
      ...(headers && { headers }),
      ...(query && { query }),
      ...(input && { body: { required: true, content: { 'application/json': { schema: input } } } }),
    },
    responses: responsesOf(operation),
  })
}

/** Serves /openapi.json; call it when every operation is described. */
export function serveOpenApi(app: OpenAPIHono): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  const info = { title: 'Portico', version: '1', description: 'Media servers, agents, trunks and placement.' }
  app.doc31('/openapi.json', { openapi: '3.1.0', info })
}

function responsesOf({
  summary,
  status = 200,
  type = 'application/json',
  output,
}: Operation): RouteConfig['responses'] {
  return {
    [status]: { description: summary, ...(output && { content: { [type]: { schema: output } } }) },
    default: {
      description: 'A problem (RFC 9457)',
      content: { 'application/problem+json': { schema: problemOutput } },
    },
  }
}
