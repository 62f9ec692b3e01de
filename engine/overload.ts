import type { Clock } from '../runtime/clock.ts'
import type { Via } from './message/via.ts'

/** What one side tells the other about its load (RFC 7339 §4): the share of new requests not to send. */
export interface Feedback {
  /** 0…100, of the loss algorithm. */
  readonly percent: number
  /** For how long, ms. */
  readonly validityMs: number
  /** Rises with each change. */
  readonly seq: number
}

/** How many requests came in one window, and what became of them. */
export interface Window {
  readonly admitted: number
  readonly shed: number
}

/** The percentage for the next window: up by what still had to be shed of what came, down by a tenth of it when nothing was. */
export function nextPercent(percent: number, { admitted, shed }: Window): number {
  const came = admitted + shed
  if (shed === 0 || came === 0) return percent < 1 ? 0 : percent * 0.9 - 0.5
  return Math.min(mostPercent, percent + (100 - percent) * (shed / came))
}

/** What the Via of our own request says when it comes back; undefined without feedback of an algorithm that we know. */
export function feedbackIn({ params }: Via): Feedback | undefined {
  const oc = params.get('oc')
  if (oc === undefined || !digits.test(oc)) return undefined
  if ((params.get('oc-algo') ?? 'loss').toLowerCase() !== 'loss') return undefined
  const validity = params.get('oc-validity') ?? String(defaultValidityMs)
  const seq = Number(params.get('oc-seq') ?? 0)
  if (!digits.test(validity) || !Number.isFinite(seq)) return undefined
  const validityMs = Math.min(Number(validity), mostValidityMs)
  return { percent: Math.min(Number(oc), 100), validityMs, seq }
}

/** `value`, a Via line of a peer that asked for feedback, with ours in its first value; as it is when the peer has not asked. */
export function withFeedback(value: string, { percent, validityMs, seq }: Feedback): string {
  const asked = asksForOc.exec(value)
  if (asked === null) return value
  const at = asked.index
  const oc = `;oc=${Math.round(percent)};oc-algo="loss";oc-validity=${validityMs};oc-seq=${seq.toFixed(3)}`
  return `${value.slice(0, at)}${oc}${value
    .slice(at)
    .replace(asksForOc, '')
    .replace(/;oc-algo="[^",;]*"/i, '')}`
}

/** Overload on both sides: what peers have told us, and what we tell them. */
export interface Overload {
  /** One more request came, and was let in or shed. */
  count(was: 'admitted' | 'shed'): void
  /** What to tell peers that ask; undefined while there is nothing to tell. */
  feedback(): Feedback | undefined
  /** A peer has told us about its load. */
  heard(peer: string, feedback: Feedback): void
  /** Whether a new request may go to `peer`; by chance, as much as it wants. */
  mayGo(peer: string): boolean
}

/** Nothing is overloaded yet. At most `peers` of those that are get remembered. */
export function createOverload({
  clock,
  random,
  peers,
}: {
  readonly clock: Clock
  readonly random: (bytes: number) => string
  readonly peers: number
}): Overload {
  const told = new Map<string, Feedback & { readonly until: number }>()
  let window = { admitted: 0, shed: 0 }
  let percent = 0
  let since = 0

  function turn(): void {
    const now = clock.now()
    for (let turns = 0; now - since >= windowMs && turns < maxTurns; turns++) {
      percent = Math.max(0, nextPercent(percent, window))
      window = { admitted: 0, shed: 0 }
      since += windowMs
    }
    if (now - since >= windowMs) since = now
  }

  return {
    count(was) {
      if (was === 'shed' || percent > 0) turn()
      window[was]++
    },
    feedback() {
      if (percent === 0 && window.shed === 0) return undefined
      turn()
      return { percent, validityMs: windowMs, seq: clock.wall() / 1000 }
    },
    heard(peer, feedback) {
      const before = told.get(peer)
      // §5.2: a response that was overtaken by a later one says nothing.
      if (before !== undefined && feedback.seq < before.seq) return
      told.delete(peer)
      if (feedback.percent === 0 || feedback.validityMs === 0) return
      told.set(peer, { ...feedback, until: clock.now() + feedback.validityMs })
      for (const oldest of told.keys()) {
        if (told.size <= peers) return
        told.delete(oldest)
      }
    },
    mayGo(peer) {
      const known = told.get(peer)
      if (known === undefined) return true
      if (clock.now() >= known.until) {
        told.delete(peer)
        return true
      }
      return Number.parseInt(random(2), 16) % 100 >= known.percent
    },
  }
}

const digits = /^\d{1,9}$/
/** `oc` without a value: the sender takes feedback. */
const asksForOc = /;\s*oc(?=\s*[;,]|\s*$)/i
const windowMs = 1000
const maxTurns = 60
/** Something must come through, or nobody would see that it is over. */
const mostPercent = 95
/** RFC 7339 §4.3. */
const defaultValidityMs = 500
const mostValidityMs = 60_000
