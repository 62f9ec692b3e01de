import type { Body, MediaExchange, MediaParty } from '../ports.ts'
import type { Attempt, Call, LegName, Up } from './call.ts'

/** The leg that is not this one. */
export function other(leg: LegName): LegName {
  return leg === 'a' ? 'b' : 'a'
}

/** The leg that is with a media server. */
export function innerLeg(call: Call): LegName {
  return call.caller === undefined ? 'b' : 'a'
}

/** The leg that is with the agent; undefined when it is a client's call. */
export function agentLeg({ kind }: Pick<Call, 'kind'>): LegName | undefined {
  if (kind === 'agent') return 'a'
  return kind === 'ring-agent' ? 'b' : undefined
}

/** Who is at the end of a leg. */
export function partyOf(call: Call, leg: LegName): 'agent' | 'trunk' | 'server' {
  if (leg === innerLeg(call)) return 'server'
  return agentLeg(call) === undefined ? 'trunk' : 'agent'
}

/** An SDP of the leg `from` on its way to the other, before both are up. */
export function firstExchange(call: Call, { branch }: Attempt, from: LegName, sdp: string): MediaExchange {
  const a: MediaParty = { tag: 'a', side: call.aSide }
  const b: MediaParty = { tag: branch, side: call.bSide }
  return { call: branch, ...(from === 'a' ? { from: a, to: b } : { from: b, to: a }), sdp }
}

/** An SDP of the leg `from` on its way to the other. */
export function exchange(call: Call, { media, legs }: Up, from: LegName, sdp: string): MediaExchange {
  const a: MediaParty = { tag: legs.a.tag, side: call.aSide }
  const b: MediaParty = { tag: legs.b.tag, side: call.bSide }
  return { call: media, ...(from === 'a' ? { from: a, to: b } : { from: b, to: a }), sdp }
}

/** A session description as a body. */
export function sdpBody(content: string): Body {
  return { type: 'application/sdp', content }
}
