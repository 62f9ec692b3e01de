/**
 * Whether a media server that owes an answer to its Manager Interface hangs, so that its calls must be saved. One late answer
 * says little; a server whose SIP is silent and from which no media comes either does nothing any more.
 */
export type VitalSigns = 'well' | 'suspected' | 'lost'

/** What was noticed of a server. */
export type SignEvent =
  /** Its Manager Interface owes an answer for longer than one that works takes, or has given it. */
  | { readonly kind: 'manager'; readonly silent: boolean }
  /** It was looked at. */
  | ({ readonly kind: 'examined' } & Examined)

/** What was found, each asked anew. `unknown`: there is no call of ours whose media could tell. */
export interface Examined {
  readonly sip: 'there' | 'missing'
  readonly media: 'there' | 'missing' | 'unknown'
}

/** What follows: it is to be looked at, now or in a moment, or the calls on it are to be saved. */
export type SignEffect = 'examine' | 'examine-again' | 'save'

/** The state after an event, and what follows. What was found to hang stays lost until its Manager Interface answers. */
export function signStep(state: VitalSigns, event: SignEvent): readonly [VitalSigns, SignEffect?] {
  if (event.kind === 'manager') {
    if (!event.silent) return ['well']
    return state === 'well' ? ['suspected', 'examine'] : [state]
  }
  if (state !== 'suspected') return [state]
  const hangs = event.sip === 'missing' && event.media === 'missing'
  return hangs ? ['lost', 'save'] : ['suspected', 'examine-again']
}
