/**
 * Rare situations that a campaign must have come into, or it has proved nothing about them. Each says what must have been
 * seen on the wire or at an application.
 */
export const points = {
  'answer-crosses-cancel': 'a CANCEL came to an INVITE that was answered already (RFC 3261 §9.1, §15)',
  'cancelled-then-answered': 'our INVITE was answered although we had cancelled it',
  'answer-repeated': 'a 2xx to an INVITE was sent again, as its ACK was missing (§13.3.1.4)',
  'ack-lost': 'an ACK was lost',
  'ack-repeated': 'a copy of a 2xx was acknowledged again (§13.2.2.4)',
  'ack-timeout': 'a 2xx was never acknowledged, and the call ended for it',
  'forked-answer': 'a second phone answered the same INVITE and was hung up',
  'glare-remote': 'a re-INVITE met one of ours and got 491 (§14.1)',
  'glare-local': 'our re-INVITE met one that was open, and was not sent',
  'overlapping-invite': 'a second INVITE of the same party came before the first was answered (500, §14.2)',
  overloaded: 'a new request got 503 with Retry-After without being kept',
  'timeout-invite': 'no response to an INVITE came in 64·T1',
  'timeout-other': 'no response to another request came in 64·T1',
  unreachable: 'a request could not be sent',
  'invite-repeated': 'an INVITE was sent again over UDP',
  'request-absorbed': 'a copy of a request arrived',
  'refusal-repeated': 'a refusal of an INVITE was sent again, as its ACK was missing (timer G)',
  'bye-crosses-bye': 'both parties hung up at once',
  'out-of-order': 'a request arrived after a later one (500, §12.2.2)',
  'cancel-unmatched': 'a CANCEL met no INVITE (481)',
  'stale-dialog': 'a request came into a dialog that is no more (481)',
  'answered-by-nobody': 'an application never answered an INVITE (480)',
  'rang-too-long': 'an INVITE rang until the engine gave up',
  'reliable-progress': 'a provisional response was acknowledged by PRACK (RFC 3262)',
  'prack-late': 'a PRACK came after the 2xx had left (RFC 3262 §3)',
  'flow-closed-in-call': 'a connection closed under a call',
  'flow-taken-over': 'a call went on over another connection',
  'crash-in-call': 'a host crashed with calls up',
  'stranger-refused': 'a stranger got a refusal and nothing else happened',
  'session-refreshed': 'the engine refreshed a session by itself (RFC 4028 §7.4)',
  'session-expired': 'a call ended because nobody could refresh it (§10)',
  'merged-request': 'the same INVITE came by two ways (482, §8.2.2.2)',
} as const

/** The name of one of them. */
export type Point = keyof typeof points
