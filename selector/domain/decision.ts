import { attemptsOf, isBelowSpill, reasonOf } from './choose.ts'
import type { Attempt, NoneReason, Picked, Question, Rule, Situation } from './choose.ts'
import type { MediaServer } from './media-server.ts'
import { standingOf, type Facts } from './standing.ts'
import { twoPlaces, type Looked } from './take.ts'

/** One choice, with the record of what led to it. */
export type Choice =
  | {
      readonly kind: 'chosen'
      readonly server: MediaServer
      readonly decision: Decision
      /** Greater than that of every choice before. */
      readonly fence: number
    }
  | { readonly kind: 'none'; readonly reason: NoneReason; readonly decision: Decision }

/** What led to one choice: enough to show it and to come to it again. It names no address and no secret. */
export interface Decision extends Question {
  readonly call: string
  /** The agent whose call it is, and the door that asked; where that is known. */
  readonly agent?: string
  readonly door?: string
  readonly situation: Situation
  /** Absent when nobody was chosen. */
  readonly picked?: {
    readonly attempt: number
    readonly rule: Rule
    readonly zones: 'own' | 'all'
    readonly ownBest?: number
    readonly among: number
  }
  /** The servers that were looked at, which are few, however many there are. */
  readonly looked: readonly LookedAt[]
  readonly choice:
    | { readonly kind: 'chosen'; readonly server: string }
    | { readonly kind: 'none'; readonly reason: NoneReason }
}

/** What is seen of one server: all that is known of it but its addresses and secrets. */
export interface Seen extends Facts {
  /** Its load then. */
  readonly share: number
}

/** What was seen of a server that was looked at. */
export interface LookedAt extends Seen {
  /** Where it stood among those tied or drawn from. */
  readonly place?: number
}

interface Shown extends Pick<Facts['server'], 'id' | 'zone' | 'capacity' | 'wanted'> {
  readonly weight?: number | undefined
  readonly maxCalls?: number | undefined
}

/** What a decision shows of a server's settings. */
export function shownServer({ id, zone, capacity, weight, maxCalls, wanted }: Shown): Facts['server'] {
  return {
    id,
    zone,
    capacity,
    ...(weight !== undefined && { weight }),
    ...(maxCalls !== undefined && { maxCalls }),
    wanted,
  }
}

/** What is seen of a server with that load. */
export function seenOf(facts: Facts, share: number): Seen {
  const { server, load, reserved, health, until, ejections, warmSince, nextAt, placed, ended = 0 } = facts
  const seen: { -readonly [Field in keyof Seen]: Seen[Field] } = {
    server: shownServer(server),
    reserved,
    health,
    share,
  }
  // One after the other: a spread for each would cost a choice as much as all the rest of it.
  if (load !== undefined) seen.load = load
  if (until !== undefined) seen.until = until
  if (ejections !== undefined) seen.ejections = ejections
  if (warmSince !== undefined) seen.warmSince = warmSince
  if (nextAt !== undefined) seen.nextAt = nextAt
  if (placed !== undefined && placed !== reserved) seen.placed = placed
  if (ended > 0) seen.ended = ended
  return seen
}

/** The record of a choice. `seen`: what was known of a server before its place was reserved. */
export function decisionOf(
  call: string,
  question: Question,
  situation: Situation,
  picked: Picked | undefined,
  seen: (id: string) => Seen | undefined,
): Decision {
  const { policy, exclude, chance, at, alone } = question
  return {
    call,
    policy,
    exclude,
    chance,
    at,
    ...(alone && { alone }),
    situation,
    ...(picked && { picked: pickedOf(picked) }),
    looked: picked ? lookedAt(picked.looked, seen) : [],
    choice: picked ? { kind: 'chosen', server: picked.id } : { kind: 'none', reason: reasonOf(situation) },
  }
}

/** The choice that a record leads to: the server's id, or why there was none. */
export function replay(decision: Decision): string {
  const { situation, picked, policy } = decision
  if (!picked) return reasonOf(situation)
  const attempt = attemptsOf(situation, decision)[picked.attempt]
  const staysHome = picked.ownBest !== undefined && isBelowSpill(picked.ownBest, policy)
  if (!attempt || staysHome !== (picked.zones === 'own')) return 'another pool'
  const open = openTo(attempt, decision)
  if (picked.rule === 'two-choices') return lessOf(open, picked.among, attempt.chance)
  // Where both that were drawn had been tried, the least of the rest was taken.
  if (attempt.rule !== picked.rule && attempt.rule !== 'two-choices') return 'another rule'
  const least = Math.min(...open.map(({ load }) => load))
  const place = Math.floor(attempt.chance * picked.among)
  return open.find(one => one.place === place && one.load === least)?.id ?? nobody
}

interface Open {
  readonly id: string
  readonly load: number
  readonly place?: number | undefined
}

function openTo({ standings }: Attempt, { looked, exclude, policy, at }: Decision): readonly Open[] {
  return looked
    .filter(({ server }) => !exclude.includes(server.id))
    .map(one => ({ place: one.place, id: one.server.id, ...standingOf(one, policy, at) }))
    .filter(({ standing }) => standings.includes(standing))
}

function lessOf(open: readonly Open[], among: number, chance: number): string {
  const drawn = twoPlaces(among, chance).flatMap(place => open.filter(one => one.place === place))
  const [first, second] = drawn
  if (first === undefined) return nobody
  return second !== undefined && second.load < first.load ? second.id : first.id
}

const nobody = 'nobody who was looked at'

function lookedAt(looked: readonly Looked[], seen: (id: string) => Seen | undefined): readonly LookedAt[] {
  const all: LookedAt[] = []
  for (const { id, place } of looked) {
    const one = seen(id)
    if (one) all.push(place === undefined ? one : { place, ...one })
  }
  return all
}

function pickedOf({ attempt, rule, zones, ownBest, among }: Picked): NonNullable<Decision['picked']> {
  return { attempt, rule, zones, ...(ownBest !== undefined && { ownBest }), among }
}
