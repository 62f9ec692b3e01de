import { rankGap, type Route, type RouteTarget } from '../../selector/domain/route.ts'
import type { RouteQuery } from '../../selector/domain/route-test.ts'

/** A route to an agent of its own name, at a place in the order. */
export function route(id: string, place: number, changes: Partial<Route> = {}): Route {
  const to: readonly RouteTarget[] = [{ kind: 'agent', agent: id }]
  return { id, enabled: true, rank: place * rankGap, direction: 'in', when: {}, to, ...changes }
}

/** A call from the trunk `acision`, on a Monday at noon. */
export function query(changes: Partial<RouteQuery> = {}): RouteQuery {
  return {
    direction: 'in',
    method: 'INVITE',
    trunk: 'acision',
    number: '4930123',
    caller: '4940555',
    header: () => undefined,
    at: Date.parse('2026-01-05T12:00:00Z'),
    ...changes,
  }
}
