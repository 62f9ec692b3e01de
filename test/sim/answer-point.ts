import type { Point } from './points.ts'
import type { WireMessage } from './wire-message.ts'

/** The rare situation in which an engine gives this final response by itself. `hasRung`: another response but 100 went before. */
export function answerPoint(
  { status, method }: WireMessage,
  hasRetryAfter: boolean,
  hasRung: boolean,
): Point | undefined {
  switch (status) {
    case 480:
      return hasRung ? 'rang-too-long' : 'answered-by-nobody'
    case 481:
      return method === 'CANCEL' ? 'cancel-unmatched' : 'stale-dialog'
    case 482:
      return 'merged-request'
    case 491:
      return 'glare-remote'
    case 500:
      return hasRetryAfter ? 'overlapping-invite' : 'out-of-order'
    case 503:
      return hasRetryAfter ? 'overloaded' : undefined
    default:
      return undefined
  }
}
