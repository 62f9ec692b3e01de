/** What crosses from one side of the door to the other. Everything is built anew; nothing is passed that is not named here. */
import type { HeaderLine } from '../../engine/message/message.ts'
import type { RequestOrder } from '../ports.ts'
import type { Call, OutsidePlace, Place, ServerPlace } from './call.ts'
import { agentLeg, partyOf, sdpBody } from './parties.ts'

/** The methods that the door takes part in. */
export const allowedMethods = 'INVITE, ACK, CANCEL, BYE, INFO, MESSAGE, OPTIONS, PRACK, UPDATE'

/** The methods that a party may ask for inside its call: transfers are the agents'. */
export function methodsOf(party: 'agent' | 'trunk' | 'server'): string {
  return party === 'agent' ? `${allowedMethods}, REFER` : allowedMethods
}

/** What of the caller's INVITE is told to a media server. */
export interface CallerFacts {
  readonly domain: string
  /** Number and name of the caller of a client leg, already reduced to safe characters. */
  readonly caller: { readonly user: string; readonly name?: string }
  /** What else the media server is told. */
  readonly headers: readonly HeaderLine[]
  /** Hops that are left to the request (RFC 3261 §16.6); the B leg goes on counting, so that a loop ends. */
  readonly maxForwards: number
}

/** The INVITE to `place`. Without `sdp` it leaves the offer to the other side. */
export function inviteTo(
  place: Place,
  call: Call,
  facts: CallerFacts,
  branch: string,
  sdp?: string,
): RequestOrder {
  const common: readonly HeaderLine[] = [
    ['Max-Forwards', String(facts.maxForwards)],
    ['Allow', methodsOf(partyOf(call, 'b'))],
  ]
  const target = place.kind === 'server' ? toServer(place, call, facts) : toOutside(place, sdp)
  return {
    transaction: branch,
    method: 'INVITE',
    ...target,
    headers: [...target.headers, ...common],
    ...(sdp !== undefined && { body: sdpBody(sdp) }),
  }
}

type Addressed = Pick<RequestOrder, 'uri' | 'side' | 'nextHop' | 'flow' | 'account'> & {
  readonly headers: readonly HeaderLine[]
}

/** Into the agent's conference: `agt-<agent>` and `cli-<agent>` are what the dialplan of a media server knows. */
function toServer(
  { server, company = 0 }: ServerPlace,
  call: Call,
  { caller, domain, headers }: CallerFacts,
): Addressed {
  const prefix = agentLeg(call) === undefined ? 'cli' : 'agt'
  const { host, port, transport } = server.sip
  const uri = `sip:${prefix}-${call.agent}@${bracketed(host)}:${port};transport=${transport}`
  const from = `<sip:${caller.user}@${domain}>`
  return {
    uri,
    side: 'inside',
    headers: [
      ['From', caller.name === undefined ? from : `"${caller.name}" ${from}`],
      ['To', `<${uri}>`],
      ['X-Portico-Call', call.id],
      ['X-Portico-Agent', call.agent],
      ...(prefix === 'cli' ? [['X-Portico-Hold', String(Math.ceil(call.holdMs / 1000))] as const] : []),
      ...(company > 0 ? [['X-Portico-Company', String(company)] as const] : []),
      ...headers,
    ],
  }
}

function toOutside(
  { uri, nextHop, flow, headers, account }: OutsidePlace,
  sdp: string | undefined,
): Addressed {
  // RFC 3262 §4: a reliable response may bring an offer when the INVITE had none, and PRACK could not answer it.
  const reliable: readonly HeaderLine[] =
    flow === undefined && sdp !== undefined ? [['Supported', '100rel']] : []
  return {
    uri,
    ...(flow === undefined ? { side: 'trunk' } : { flow }),
    ...(nextHop !== undefined && { nextHop }),
    ...(account && { account }),
    headers: [...headers, ...reliable],
  }
}

/** The headers of an in-dialog request that mean something to the other side; the body carries its own type. */
export function relayedHeaders(method: string, headers: readonly HeaderLine[]): readonly HeaderLine[] {
  // RFC 6086 §4.2.1: the package of an INFO tells how its body is to be read.
  if (method !== 'INFO') return []
  return headers.filter(([name]) => name.toLowerCase() === 'info-package')
}

/** A caller's number or name as it may be written into a header: one line of plain characters, bounded. */
export function safeUser(user: string | undefined): string {
  const kept = (user ?? '').replace(/[^A-Za-z0-9+*#_.-]/g, '').slice(0, 64)
  return kept === '' ? 'anonymous' : kept
}

/** A display name without what could end the quoted string or the line (RFC 3261 §25.1). */
export function safeName(name: string | undefined): string | undefined {
  const kept = (name ?? '')
    .replace(/[^\p{L}\p{N} .,'()+-]/gu, '')
    .trim()
    .slice(0, 64)
  return kept === '' ? undefined : kept
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
