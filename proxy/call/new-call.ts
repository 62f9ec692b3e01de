import { randomUUID } from 'node:crypto'
import { parseNameAddr } from '../../engine/message/name-addr.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { parseUri } from '../../engine/message/uri.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Body, Dialled, EdgeEvent } from '../ports.ts'
import { safeName, safeUser, type CallerFacts } from './b-leg.ts'
import type { Call, OutsidePlace, Place } from './call.ts'
import type { ConsultWay, NumberWay } from './transfer/consultations.ts'

/** Who calls, and for whom. */
export type Parties =
  /** An agent for its own conference. */
  | { readonly kind: 'agent'; readonly agent: string; readonly flow: string }
  /** A trunk for the agent that waits on `server`, under the id `call`. */
  | {
      readonly kind: 'client'
      readonly call: string
      readonly agent: string
      readonly dialled: Dialled
      readonly server: MediaServer
      readonly caller: CallerFacts['caller']
      /** What else the server is told. */
      readonly headers: readonly HeaderLine[]
    }
  | FromServer
  | ConsultWay
  | NumberWay
  /** A trunk that goes on to another one, under the id `call`. */
  | {
      readonly kind: 'transit'
      readonly call: string
      readonly dialled: Dialled
      readonly onward: Dialled
      readonly places: readonly OutsidePlace[]
    }

/** A media server: for an agent's client through a trunk, or for the agent itself. */
export interface FromServer {
  readonly kind: 'dial-out' | 'ring-agent'
  readonly agent: string
  readonly dialled?: Dialled
  readonly server: MediaServer
  /** Whom the door is to call, in this order. */
  readonly places: readonly OutsidePlace[]
}

/** The numbers that bound calls. */
export interface CallLimits {
  /** How many calls this door holds at once. */
  readonly calls: number
  /** How many media servers an agent's call may ask, and how long each may take. */
  readonly attempts: number
  readonly tryMs: number
  readonly ringMs: number
  readonly flowGraceMs: number
  readonly holdMs: number
  /** Whether media goes through an anchor. */
  readonly anchored: boolean
}

/** A call that may begin, or the status with which its INVITE is refused. */
export type NewCall =
  | { readonly kind: 'made'; readonly call: Call; readonly facts: CallerFacts }
  | { readonly kind: 'refused'; readonly status: number }

/** Reads what a call needs to know out of the INVITE that begins it. */
export function newCall(
  event: Extract<EdgeEvent, { kind: 'request' }>,
  parties: Parties,
  limits: CallLimits,
  domain: string,
): NewCall {
  const maxForwards = Number(event.request.headers.get('Max-Forwards') ?? 70) - 1
  if (!(maxForwards > 0)) return { kind: 'refused', status: 483 }
  const body = bodyOf(event.request)
  if (body !== undefined && body.type !== 'application/sdp') return { kind: 'refused', status: 415 }
  const call: Call = {
    id: callIdOf(event.request, parties),
    agent: 'agent' in parties ? parties.agent : '',
    transaction: event.transaction,
    dialog: event.dialogToBe,
    offer: body?.content,
    ...sidesOf(parties),
    source: event.origin.address,
    anchored: limits.anchored,
    attempts: limits.attempts,
    tryMs: limits.tryMs,
    ringMs: limits.ringMs,
    flowGraceMs: limits.flowGraceMs,
    holdMs: limits.holdMs,
  }
  return { kind: 'made', call, facts: { domain, ...callerFacts(event.request, parties), maxForwards } }
}

/** Who the caller is to the other side, and what else it is told. */
function callerFacts(request: SipRequest, parties: Parties): Pick<CallerFacts, 'caller' | 'headers'> {
  if (parties.kind === 'agent') return { caller: { user: parties.agent }, headers: [] }
  if ('by' in parties) return { caller: { user: parties.by }, headers: [] }
  if (parties.kind === 'client') return { caller: parties.caller, headers: parties.headers }
  return { caller: callerOf(request), headers: [] }
}

/** What differs from one kind of call to the other. */
type Sides = Pick<Call, 'kind' | 'by' | 'dialled' | 'onward' | 'aSide' | 'bSide' | 'target' | 'caller'>

function sidesOf(parties: Parties): Sides {
  const { kind } = parties
  if (kind === 'agent') return { kind, aSide: 'browser', bSide: 'server', target: { kind: 'any-server' } }
  if (kind === 'consult')
    return { kind, by: parties.by, aSide: 'browser', bSide: 'server', target: whereAgentIs(parties) }
  const dialled = parties.dialled === undefined ? {} : { dialled: parties.dialled }
  if (kind === 'client')
    return { kind, ...dialled, aSide: 'carrier', bSide: 'server', target: whereAgentIs(parties) }
  const { places } = parties
  const target = { kind: 'places', places } as const
  if (kind === 'consult-out')
    return { kind, ...dialled, by: parties.by, aSide: 'browser', bSide: 'carrier', target }
  if (kind === 'transit')
    return { kind, ...dialled, onward: parties.onward, aSide: 'carrier', bSide: 'carrier', target }
  const { server: caller } = parties
  const bSide = kind === 'dial-out' ? 'carrier' : 'browser'
  return { kind, ...dialled, aSide: 'server', bSide, caller, target }
}

/** The agent waits nowhere else: a server that fails once is asked a second time. */
function whereAgentIs({ server }: { readonly server: MediaServer }): Call['target'] {
  const place: Place = { kind: 'server', server }
  return { kind: 'places', places: [place, place] }
}

/** A media server that calls names the call, so that it is one thing for everybody; nobody else may. */
function callIdOf({ headers }: SipRequest, parties: Parties): string {
  const { kind } = parties
  if ('call' in parties) return parties.call
  const named = kind === 'dial-out' || kind === 'ring-agent' ? headers.get('X-Portico-Call') : undefined
  return named !== undefined && /^[A-Za-z0-9-]{1,40}$/.test(named) ? named : randomUUID()
}

/** The body of a message with its type in lower case and without parameters; undefined when it is empty. */
export function bodyOf(message: Pick<SipRequest, 'headers' | 'body'>): Body | undefined {
  if (message.body.length === 0) return undefined
  const type = (message.headers.get('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return { type, content: message.body.toString() }
}

function callerOf(request: SipRequest): CallerFacts['caller'] {
  const from = parseNameAddr(request.headers.get('From') ?? '')
  const name = safeName(from?.display)
  return { user: safeUser(from && parseUri(from.uri)?.user), ...(name !== undefined && { name }) }
}
