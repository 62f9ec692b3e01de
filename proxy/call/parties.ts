import type { Body, MediaExchange, MediaParty } from '../ports.ts'
import type { Attempt, Call, LegName, Up } from './call.ts'

/** The leg that is not this one. */
export function other(leg: LegName): LegName {
  return leg === 'a' ? 'b' : 'a'
}

/** The leg that is with a media server; undefined when none is. */
export function innerLeg(call: Pick<Call, 'kind' | 'caller'>): LegName | undefined {
  if (call.kind === 'transit' || call.kind === 'consult-out') return undefined
  return call.caller === undefined ? 'b' : 'a'
}

/** The leg by which the agent is in its conference; undefined when the call is that of a guest there: a client, or another agent. */
export function agentLeg({ kind }: Pick<Call, 'kind'>): LegName | undefined {
  if (kind === 'agent') return 'a'
  return kind === 'ring-agent' ? 'b' : undefined
}

/** Whether it is the call of a client with an agent. */
export function isClient({ kind }: Pick<Call, 'kind'>): boolean {
  return kind === 'client' || kind === 'dial-out'
}

/** The leg to an agent's phone: its own, or that by which it consults somebody; undefined when there is none. */
export function phoneLeg(call: Pick<Call, 'kind'>): LegName | undefined {
  return call.kind === 'consult' || call.kind === 'consult-out' ? 'a' : agentLeg(call)
}

/** Whose phone that is. */
export function phoneOwner({ agent, by = agent }: Pick<Call, 'agent' | 'by'>): string {
  return by
}

/** Who is at the end of a leg. */
export function partyOf(call: Call, leg: LegName): 'agent' | 'trunk' | 'server' {
  if (leg === innerLeg(call)) return 'server'
  return leg === phoneLeg(call) ? 'agent' : 'trunk'
}

/** An SDP of the leg `from` on its way to the other, before both are up. */
export function firstExchange(call: Call, { branch }: Attempt, from: LegName, sdp: string): MediaExchange {
  const a = mediaParty(call, 'a', 'a')
  const b = mediaParty(call, 'b', branch)
  return { call: branch, ...(from === 'a' ? { from: a, to: b } : { from: b, to: a }), sdp }
}

/** An SDP of the leg `from` on its way to the other. */
export function exchange(call: Call, { media, legs }: Up, from: LegName, sdp: string): MediaExchange {
  const a = mediaParty(call, 'a', legs.a.tag)
  const b = mediaParty(call, 'b', legs.b.tag)
  const { told } = legs[other(from)]
  return { call: media, ...(from === 'a' ? { from: a, to: b } : { from: b, to: a }), sdp, told }
}

/** A leg as the media anchor knows it. A media server may send its media from wherever it likes; a caller from outside may not name the inside. */
export function mediaParty({ aSide, bSide, source }: Call, leg: LegName, tag: string): MediaParty {
  if (leg === 'b') return { tag, side: bSide }
  return { tag, side: aSide, ...(aSide !== 'server' && source !== undefined && { source }) }
}

/** The client's call whose inner leg has gone to a trunk: no agent and no media server is in it any more. */
export function handedOut(call: Call): Call {
  const { caller, source, ...rest } = call
  // The leg that was with the media server is with a trunk that the door itself has called.
  const known = caller === undefined ? source : undefined
  return { ...rest, kind: 'transit', agent: '', aSide: 'carrier', bSide: 'carrier', source: known }
}

/** A session description as a body. */
export function sdpBody(content: string): Body {
  return { type: 'application/sdp', content }
}
