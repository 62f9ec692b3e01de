import { pick, reasonOf, situationOf, type Question } from './choose.ts'
import { decisionOf, seenOf, type Choice } from './decision.ts'
import type { Candidate } from './media-server.ts'
import { Ranking } from './ranking.ts'
import { standingOf, type Exclusion, type Policy } from './standing.ts'

/** What every server looks like to a choice. */
export interface Considered {
  readonly id: string
  /** Load after the formula of the policy; absent when it is left out. */
  readonly load?: number
  /** Why it is left out. */
  readonly excluded?: Exclusion
}

/** The choice that would be made over these candidates, in whatever order they come. Nothing is reserved. */
export function look(candidates: readonly Candidate[], call: string, question: Question): Choice {
  const ranking = new Ranking()
  for (const candidate of candidates) ranking.set(candidate, question.policy, question.at)
  const byId = new Map(candidates.map(candidate => [candidate.server.id, candidate]))
  const picked = pick(ranking, question)
  const situation = picked?.situation ?? situationOf(ranking, question.at)
  const decision = decisionOf(call, question, situation, picked, id => {
    const candidate = byId.get(id)
    return candidate && seenOf(candidate, standingOf(candidate, question.policy, question.at).load)
  })
  const server = picked && byId.get(picked.id)?.server
  return server
    ? { kind: 'chosen', server, decision, fence: 0 }
    : { kind: 'none', reason: reasonOf(situation), decision }
}

/** Every candidate with its load, or why it is left out, ordered by id. */
export function considered(
  candidates: readonly Candidate[],
  policy: Policy,
  exclude: readonly string[],
  at: number,
): readonly Considered[] {
  return candidates
    .toSorted((a, b) => (a.server.id < b.server.id ? -1 : 1))
    .map(candidate => {
      const { id } = candidate.server
      const { why, load } = standingOf(candidate, policy, at)
      if (why) return { id, excluded: why }
      return exclude.includes(id) ? { id, excluded: 'tried' } : { id, load }
    })
}
