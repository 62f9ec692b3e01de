/** What to do when the door has answered a re-INVITE with `status`, after `tried` in a row were not accepted, that one included. */
export type OfferAnswered =
  | { readonly kind: 'accepted' }
  /** The call is as it was, and may be offered anew after that time. */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** The call is not to be had any more as it was. */
  | { readonly kind: 'lost' }

/**
 * RFC 3261 §14.1: when two offers met (491), whoever owns the Call-ID waits 2.1 to 4 s. The door answers 5xx when it cannot just now, as while
 * its media anchor is being replaced; the call goes on meanwhile. `chance` is in [0, 1).
 */
export function offerAnswered(status: number, tried: number, chance: number): OfferAnswered {
  if (status < 300) return { kind: 'accepted' }
  const isForNow = status === 491 || (status >= 500 && status < 600)
  if (!isForNow || tried >= mostTries) return { kind: 'lost' }
  return { kind: 'again', afterMs: 2_100 + Math.floor(chance * 1_900) }
}

/** A door that has no media anchor for longer ends its calls itself. */
const mostTries = 6
