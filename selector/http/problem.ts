import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { messageOf, PorticoError, type ErrorCode } from '../../runtime/errors.ts'
import type { Problem } from '../contract.ts'

/** What went wrong, in the terms of RFC 9457. */
export interface ProblemParts {
  readonly status: ContentfulStatusCode
  readonly code: ErrorCode
  /** What is wrong and what to do next. */
  readonly detail: string
  readonly errors?: Problem['errors']
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers with `application/problem+json`. */
export function problem(c: Context, { status, code, detail, errors, headers }: ProblemParts): Response {
  const title = titles[status] ?? 'Failed'
  const body: Problem = { type: 'about:blank', title, status, code, detail, ...(errors && { errors }) }
  return c.body(JSON.stringify(body), status, { ...headers, 'Content-Type': 'application/problem+json' })
}

/** There is no such path or object. */
export function notFound(c: Context, detail: string): Response {
  return problem(c, { status: 404, code: 'E_NOT_FOUND', detail })
}

/** Somebody guesses passwords: nothing is looked at for `waitMs`. */
export function tooMany(c: Context, waitMs: number): Response {
  const headers = { 'Retry-After': String(Math.ceil(waitMs / 1000)) }
  const detail = 'too many failed attempts; wait and try again'
  return problem(c, { status: 429, code: 'E_API', detail, headers })
}

/** What a thrown error is to a client. Only errors of Portico itself tell their text. */
export function problemOf(thrown: unknown): ProblemParts {
  const code = thrown instanceof PorticoError ? thrown.code : 'E_API'
  const detail = messageOf(thrown)
  switch (code) {
    case 'E_STORE_READ_ONLY':
    case 'E_REDIS_UNREACHABLE':
      return { status: 503, code, detail, headers: { 'Retry-After': '5' } }
    case 'E_CONFLICT':
      return { status: 409, code, detail }
    case 'E_NOT_FOUND':
      return { status: 404, code, detail }
    case 'E_AMI_LOGIN':
    case 'E_AMI_CLOSED':
    case 'E_AMI_REFUSED':
      return { status: 502, code, detail }
    case 'E_AMI_TIMEOUT':
      return { status: 504, code, detail }
    case 'E_STORE':
      return { status: 507, code, detail }
    default:
      return { status: 500, code, detail: 'an unexpected failure; the log of the selector has more' }
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  507: 'Insufficient Storage',
}
