import { messageOf, PorticoError } from '../../../runtime/errors.ts'

/** What a failed command means: Redis could not be asked (`E_REDIS_UNREACHABLE`), or it refused (`E_STORE`). */
export function failureOf(cause: unknown, server: string): PorticoError {
  if (cause instanceof PorticoError) return cause
  const message = messageOf(cause)
  return isRefusal(cause)
    ? new PorticoError('E_STORE', `Redis at ${server} refused: ${message}`, { cause })
    : new PorticoError('E_REDIS_UNREACHABLE', `no answer from Redis at ${server}: ${message}`, { cause })
}

/** True when Redis was there and said no. */
export function isRefusal(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'ReplyError' && !temporary.test(cause.message)
}

/** Why a process cannot start with this Redis, and what to do about it. */
export function startFailureOf(cause: unknown, server: string): PorticoError {
  const message = messageOf(cause)
  return new PorticoError(
    'E_REDIS_UNREACHABLE',
    `cannot use Redis at ${server}: ${message}. ${nextStep(message)}`,
    { cause },
  )
}

/** A Redis URL that may be logged. Text that is no URL is not repeated: it could be a password in the wrong place. */
export function shownUrl(url: string): string {
  if (/^rediss?\+(sentinel|cluster):\/\//.test(url)) return url.replace(/:[^:@/]*@/, ':***@')
  if (!URL.canParse(url)) return '(not a URL)'
  const shown = new URL(url)
  if (shown.password !== '') shown.password = '***'
  return shown.href
}

/** Replies of a server that is up but not ready to serve. */
const temporary = /^(LOADING|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN)\b/

function nextStep(message: string): string {
  if (/^(WRONGPASS|NOAUTH|NOPERM)|without any password/.test(message)) {
    return 'Check user and password in the setting `store`.'
  }
  return 'Start Redis there, correct the setting `store`, or use `store: memory:` for a single process.'
}
