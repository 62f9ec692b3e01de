import { byRank, type Route, type RouteTarget } from './route.ts'
import { compileRoute, type CompiledRoute, type Mismatch, type RouteQuery } from './route-test.ts'

/** Where a call goes. */
export type RouteMatch =
  /** A rule decides; `number` is what it made of the number. */
  | { readonly kind: 'matched'; readonly route: Route; readonly number: string }
  /** No rule is defined for the direction: from a trunk the number is an agent's id, to the outside any trunk will do. */
  | { readonly kind: 'default'; readonly direction: RouteQuery['direction']; readonly number: string }
  | { readonly kind: 'none' }

/** A match, and why it is the one: every rule before it, with what it failed on. */
export interface RouteExplanation {
  readonly match: RouteMatch
  readonly passed: readonly { readonly id: string; readonly failed: Mismatch }[]
}

/**
 * All rules, indexed by trunk and by what the dialled number starts with: a match looks only at rules that may fit, which is a
 * handful among ten thousand.
 */
export interface RouteTable {
  /** The first rule in order that fits. */
  match(query: RouteQuery): RouteMatch
  /** The same answer, found by looking at one rule after the other. */
  explain(query: RouteQuery): RouteExplanation
}

/** Where a matched call may go; nowhere in particular when it goes to the outside by default. */
export function targetsOf(match: RouteMatch): readonly RouteTarget[] {
  if (match.kind === 'matched') return match.route.to
  return match.kind === 'default' && match.direction === 'in' ? [{ kind: 'agent' }] : []
}

/** Compiles rules, which may come in any order. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const ordered = routes.toSorted(byRank).map(compileRoute)
  const index = new Index(ordered)
  const ruled = new Set(routes.map(({ direction }) => direction))
  const otherwise = ({ direction, method, number }: RouteQuery): RouteMatch =>
    ruled.has(direction) || method !== 'INVITE' ? { kind: 'none' } : { kind: 'default', direction, number }
  return {
    match(query) {
      const found = index.find(query)
      return found ? { kind: 'matched', route: found.rule.route, number: found.number } : otherwise(query)
    },
    explain(query) {
      const passed: { id: string; failed: Mismatch }[] = []
      for (const rule of ordered) {
        const { route } = rule
        const result = rule.test(query)
        if ('number' in result) return { match: { kind: 'matched', route, number: result.number }, passed }
        passed.push({ id: route.id, failed: result.failed })
      }
      return { match: otherwise(query), passed }
    },
  }
}

/** One rule with its place in the order. */
interface Entry {
  readonly place: number
  readonly rule: CompiledRoute
}

interface Found extends Entry {
  readonly number: string
}

/** Rules by the prefix that they ask for, each prefix with its rules in order; and which lengths prefixes have, the shortest first. */
interface Shelf {
  readonly entries: Map<string, Entry[]>
  lengths: readonly number[]
}

class Index {
  /** By direction and trunk; rules for any trunk stand under the empty name. */
  readonly #shelves = new Map<string, Shelf>()

  constructor(ordered: readonly CompiledRoute[]) {
    for (const [place, rule] of ordered.entries()) {
      const { enabled, direction, when } = rule.route
      if (!enabled) continue
      for (const trunk of when.trunks ?? ['']) this.#add(`${direction} ${trunk}`, { place, rule })
    }
  }

  find(query: RouteQuery): Found | undefined {
    const { direction, trunk = '' } = query
    const any = this.#best(`${direction} `, query, undefined)
    return trunk === '' ? any : this.#best(`${direction} ${trunk}`, query, any)
  }

  #add(name: string, entry: Entry): void {
    const shelf: Shelf = this.#shelves.get(name) ?? { entries: new Map(), lengths: [] }
    this.#shelves.set(name, shelf)
    const { prefix } = entry.rule
    const same = shelf.entries.get(prefix)
    if (same) return void same.push(entry)
    shelf.entries.set(prefix, [entry])
    if (shelf.lengths.includes(prefix.length)) return
    shelf.lengths = [...shelf.lengths, prefix.length].toSorted((a, b) => a - b)
  }

  /** Of each prefix that the number has, the first entry that fits, if it comes before the best so far. */
  #best(name: string, query: RouteQuery, best: Found | undefined): Found | undefined {
    const shelf = this.#shelves.get(name)
    let found = best
    for (const length of shelf?.lengths ?? []) {
      if (length > query.number.length) break
      const entries = shelf?.entries.get(query.number.slice(0, length))
      if (entries) found = firstOf(entries, query, found)
    }
    return found
  }
}

function firstOf(entries: readonly Entry[], query: RouteQuery, best: Found | undefined): Found | undefined {
  for (const entry of entries) {
    if (best && entry.place > best.place) break
    const result = entry.rule.test(query)
    if ('number' in result) return { number: result.number, ...entry }
  }
  return best
}
