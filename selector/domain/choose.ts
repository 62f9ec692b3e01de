import type { Ranking } from './ranking.ts'
import type { SortedSet } from './sorted-set.ts'
import type { Policy, Standing } from './standing.ts'
import { leastIn, leastLoaded, lessOfTwo, type Looked } from './take.ts'

/** How one is taken out of a pool. */
export type Rule =
  /** The least loaded; chance settles ties. */
  | 'least'
  /** The less loaded of two that chance draws: counters are too old for more. */
  | 'two-choices'
  /** The one with the least share of its capacity placed there: counters say nothing. */
  | 'ledger'

/** What a choice depends on beside the servers. */
export interface Question {
  readonly policy: Policy
  /** Servers that were tried already. */
  readonly exclude: readonly string[]
  /** In [0, 1): settles ties and draws. */
  readonly chance: number
  /** Wall-clock milliseconds. */
  readonly at: number
  /** Nothing is known for long of what others place. */
  readonly alone?: boolean
}

/** The fleet in numbers, as far as they bear on the choice. */
export interface Situation {
  readonly counts: Readonly<Record<Standing, number>>
  /** Servers whose counters matter, and how many of them are fresh. */
  readonly counted: number
  readonly fresh: number
}

/** One pool to choose from, and how. */
export interface Attempt {
  readonly standings: readonly Standing[]
  readonly rule: Rule
  readonly chance: number
}

/** What was found, and what else was looked at on the way. */
export interface Picked {
  readonly id: string
  readonly situation: Situation
  /** Which of the attempts gave it. */
  readonly attempt: number
  readonly rule: Rule
  /** Whether only the own zone was looked at. */
  readonly zones: 'own' | 'all'
  /** Load of the best of the own zone, if there is one. */
  readonly ownBest?: number
  /** How many were to be drawn from, or were tied. */
  readonly among: number
  readonly looked: readonly Looked[]
}

/** Why nobody was chosen. */
export type NoneReason = 'no-servers' | 'none-eligible' | 'all-full'

/** Load of the best of the own zone from which other zones share the work. */
export const defaultSpillAt = 0.8

/**
 * The server for a call, or undefined. The same input gives the same choice. It looks at a few servers only, however
 * many there are. `selector/store/lua/reserve.lua` chooses the same.
 */
export function pick(ranking: Ranking, question: Question): Picked | undefined {
  const situation = situationOf(ranking, question.at)
  const attempts = attemptsOf(situation, question)
  for (let index = 0; index < attempts.length; index++) {
    const attempt = attempts[index]
    const found = attempt && pickIn(ranking, attempt, question)
    if (found) return { situation, attempt: index, ...found }
  }
  return undefined
}

/** The fleet in numbers. */
export function situationOf(ranking: Ranking, at: number): Situation {
  return { counts: ranking.counts(), counted: ranking.counted, fresh: ranking.fresh(at) }
}

/** Why nobody was chosen. `all-full`: more capacity would have helped, and nothing else. */
export function reasonOf({ counts }: Situation): NoneReason {
  const { ready, warming, doubtful, full, out, off } = counts
  if (ready + warming + doubtful + full + out + off === 0) return 'no-servers'
  return full > 0 && ready + warming + doubtful + out === 0 ? 'all-full' : 'none-eligible'
}

/** The pools in the order in which they are asked. */
export function attemptsOf(
  { counts, counted, fresh }: Situation,
  { chance, alone = false }: Pick<Question, 'chance' | 'alone'>,
): readonly Attempt[] {
  const rule = fresh * 2 >= counted ? 'least' : 'two-choices'
  const known = counts.ready + counts.warming
  const well = known + counts.full
  const all: Attempt = { standings: wellKnown, rule, chance }
  // A door that sees nothing but its own calls spreads these over all that may live.
  if (alone) return [{ standings: living, rule: 'ledger', chance }]
  const isPanic = well * 2 < well + counts.doubtful + counts.out
  if (!isPanic) {
    // A ramp holds a new server back behind the others; where most are new there is nobody to hold them back behind.
    const ramps = counts.warming * 2 < known
    return ramps ? [{ standings: ready, rule, chance }, all] : [all]
  }
  const draw = chance * (known + counts.doubtful)
  const rest = draw - Math.floor(draw)
  const inDoubt: Attempt = { standings: doubtful, rule: 'ledger', chance: rest }
  const share = { ...all, chance: rest }
  return Math.floor(draw) < known ? [share, inDoubt] : [inDoubt, share]
}

type Found = Omit<Picked, 'situation' | 'attempt'>

function pickIn(ranking: Ranking, attempt: Attempt, { policy, exclude }: Question): Found | undefined {
  const { standings, rule, chance } = attempt
  const own = policy.zone === undefined ? none : ranking.pool(standings, policy.zone)
  const ownBest = leastIn(own, exclude)
  const staysHome = ownBest !== undefined && isBelowSpill(ownBest, policy)
  const sets = staysHome ? own : ranking.pool(standings)
  const drawn = rule === 'two-choices' ? lessOfTwo(sets, exclude, chance) : undefined
  const found = drawn ?? leastLoaded(sets, exclude, chance)
  if (!found) return undefined
  const { id, among, looked } = found
  return {
    id,
    among,
    looked,
    // Where both that were drawn had been tried, there is no other way than the least of the rest.
    rule: rule === 'two-choices' && !drawn ? 'least' : rule,
    zones: staysHome ? 'own' : 'all',
    ...(ownBest !== undefined && { ownBest }),
  }
}

const none: readonly SortedSet[] = []
const ready = ['ready'] as const
const doubtful = ['doubtful'] as const
const wellKnown = ['ready', 'warming'] as const
const living = ['ready', 'warming', 'doubtful'] as const

/** Load that is no share of a capacity says nothing about when a zone is full. */
export function isBelowSpill(load: number, { utilisation, spillAt = defaultSpillAt }: Policy): boolean {
  return utilisation === 'in-call' || load < spillAt
}
