import type { Candidate } from './media-server.ts'

/** An agent who waits, and where. */
export interface Waiting {
  readonly agent: string
  readonly server: string
  /** Since when, wall-clock milliseconds. */
  readonly since: number
}

/** A waiting agent with the load of its server. */
export interface Ranked extends Waiting {
  /** Share of the server's capacity that is in call. */
  readonly share: number
}

/**
 * Waiting agents in the order in which an ACD should give them calls: least loaded server first, on one server the longest
 * waiting first. Each agent counts as in call for those behind it, so that the whole list may be used at once. Agents on
 * servers that take no calls come not at all.
 */
export function rankWaiting(
  waiting: readonly Waiting[],
  candidates: readonly Candidate[],
  limit: number,
): readonly Ranked[] {
  const queues = candidates.flatMap(candidate => queueOf(candidate, waiting))
  const ranked: Ranked[] = []
  while (ranked.length < limit) {
    const next = queues.reduce<Queue | undefined>((best, queue) => {
      if (queue.agents.length <= queue.used) return best
      return best === undefined || shareOf(queue) < shareOf(best) ? queue : best
    }, undefined)
    const agent = next?.agents[next.used]
    if (!next || !agent) break
    ranked.push({ ...agent, share: shareOf(next) })
    next.used += 1
  }
  return ranked
}

interface Queue {
  readonly agents: readonly Waiting[]
  readonly inCall: number
  readonly room: number
  used: number
}

function queueOf({ server, load, health }: Candidate, waiting: readonly Waiting[]): readonly Queue[] {
  if (health === 'down' || server.capacity <= 0) return []
  const agents = waiting
    .filter(one => one.server === server.id)
    .toSorted((a, b) => a.since - b.since || (a.agent < b.agent ? -1 : 1))
  const room = server.capacity * (server.weight ?? 1)
  return agents.length === 0 ? [] : [{ agents, inCall: load?.inCall ?? 0, room, used: 0 }]
}

function shareOf({ inCall, used, room }: Queue): number {
  return (inCall + used) / room
}
