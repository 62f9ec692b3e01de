import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SipUri } from '../message/uri.ts'

/**
 * What proves that a Record-Route value was written by this engine for this call: without it anybody could have requests sent
 * anywhere by naming us in a Route. `flow` is the connection to whom the value faces (RFC 5626 §5.3), so nobody can choose that either.
 */
export function markOf(key: string, callId: string, flow: string | undefined): string {
  return digest(key, `route\n${callId}\n${flow ?? ''}`)
}

/** The URI parameters of a Record-Route value of ours. */
export function markParams(
  key: string,
  callId: string,
  flow: string | undefined,
): Map<string, string | undefined> {
  const params = new Map<string, string | undefined>([['lr', undefined]])
  if (flow !== undefined) params.set(flowParam, flow)
  return params.set(markParam, markOf(key, callId, flow))
}

/** Whether a Route URI is one that we wrote for this call, and the connection that it stands for. */
export function readMark(
  key: string,
  callId: string,
  { params }: SipUri,
): { readonly flow: string | undefined } | undefined {
  const mark = params.get(markParam)
  const flow = params.get(flowParam)
  return mark !== undefined && isSame(mark, markOf(key, callId, flow)) ? { flow } : undefined
}

/** What a request looks like to a proxy; the same again means that it goes in a circle (RFC 5393 §4.2.1). */
export function loopMark(key: string, parts: readonly (string | undefined)[]): string {
  return digest(key, `loop\n${parts.join('\n')}`)
}

function digest(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 16)
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

const flowParam = 'p-flow'
const markParam = 'p-mark'
