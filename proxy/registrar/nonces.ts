import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../runtime/clock.ts'

/** What a nonce that came back is worth. */
export type NonceCheck = 'good' | 'stale' | 'replayed' | 'foreign'

/**
 * Nonces that need no memory until they are used (RFC 7616 §3.3): time and chance, signed together with the connection they
 * are for. No other connection and no other door takes one, so nothing has to be shared to keep a replay out.
 */
export interface Nonces {
  issue(flow: string): string
  /** `count` is the client's nc; a count that is not above the last one is a replay (RFC 7616 §3.4). */
  check(nonce: string, flow: string, count: number): NonceCheck
}

export interface NonceOptions {
  readonly ttlMs: number
  /** How many used nonces are remembered; beyond it the oldest count as stale. */
  readonly remembered: number
  readonly clock: Clock
}

export function createNonces({ ttlMs, remembered, clock }: NonceOptions): Nonces {
  const key = randomBytes(32)
  const counts = new Map<string, number>()
  /** Nonces issued up to here may have been used and forgotten. */
  let horizon = 0
  const sign = (text: string, flow: string): string =>
    createHmac('sha256', key).update(`${text} ${flow}`).digest('base64url').slice(0, 22)

  function issue(flow: string): string {
    const text = `${clock.wall().toString(36)}.${randomBytes(9).toString('base64url')}`
    return `${text}.${sign(text, flow)}`
  }

  function check(nonce: string, flow: string, count: number): NonceCheck {
    const cut = nonce.lastIndexOf('.')
    if (cut < 0 || !same(nonce.slice(cut + 1), sign(nonce.slice(0, cut), flow))) return 'foreign'
    const issuedAt = Number.parseInt(nonce, 36)
    const age = clock.wall() - issuedAt
    const last = counts.get(nonce)
    if (!(age >= 0 && age <= ttlMs) || (last === undefined && issuedAt <= horizon)) return 'stale'
    if (count <= (last ?? 0)) return 'replayed'
    counts.delete(nonce)
    counts.set(nonce, count)
    forgetOldest()
    return 'good'
  }

  function forgetOldest(): void {
    if (counts.size <= remembered) return
    const oldest = counts.keys().next()
    if (oldest.done) return
    counts.delete(oldest.value)
    horizon = Math.max(horizon, Number.parseInt(oldest.value, 36))
  }

  return { issue, check }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
