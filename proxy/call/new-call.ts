import { randomUUID } from 'node:crypto'
import { parseNameAddr } from '../../engine/message/name-addr.ts'
import type { SipRequest } from '../../engine/message/message.ts'
import { parseUri } from '../../engine/message/uri.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Body, EdgeEvent } from '../ports.ts'
import { safeName, safeUser, type CallerFacts } from './b-leg.ts'
import type { Call } from './call.ts'

/** Who calls, and for whom: an agent for its own conference, or a trunk for the agent that waits on `server`. */
export type Parties =
  | { readonly kind: 'agent'; readonly agent: string; readonly flow: string }
  | { readonly kind: 'client'; readonly agent: string; readonly trunk: string; readonly server: MediaServer }

/** The numbers that bound calls. */
export interface CallLimits {
  /** How many calls this door holds at once. */
  readonly calls: number
  /** How many media servers an agent's call may ask, and how long each may take. */
  readonly attempts: number
  readonly tryMs: number
  readonly ringMs: number
  readonly flowGraceMs: number
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
  const { body } = bodyOf(event.request)
  if (body?.type !== 'application/sdp') return { kind: 'refused', status: 488 }
  const call: Call = {
    id: randomUUID(),
    kind: parties.kind,
    agent: parties.agent,
    ...(parties.kind === 'client' && { trunk: parties.trunk, server: parties.server }),
    transaction: event.transaction,
    dialog: event.dialogToBe,
    aSide: parties.kind === 'agent' ? 'browser' : 'carrier',
    offer: body.content,
    attempts: limits.attempts,
    tryMs: limits.tryMs,
    ringMs: limits.ringMs,
    flowGraceMs: limits.flowGraceMs,
  }
  const caller = parties.kind === 'agent' ? { user: parties.agent } : callerOf(event.request)
  return { kind: 'made', call, facts: { domain, caller, maxForwards } }
}

/** The body of a message with its type in lower case and without parameters; nothing when it is empty. */
export function bodyOf(message: Pick<SipRequest, 'headers' | 'body'>): { readonly body?: Body } {
  if (message.body.length === 0) return {}
  const type = (message.headers.get('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return { body: { type, content: message.body.toString() } }
}

function callerOf(request: SipRequest): CallerFacts['caller'] {
  const from = parseNameAddr(request.headers.get('From') ?? '')
  const name = safeName(from?.display)
  return { user: safeUser(from && parseUri(from.uri)?.user), ...(name !== undefined && { name }) }
}
