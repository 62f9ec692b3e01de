/** Who places a call, as the simulation sees it: several doors that follow one rule. Times are virtual milliseconds. */
export interface Rule {
  /** The server (0…n−1) that `door` takes for a call that starts now. */
  place(call: number, door: number, at: number): Promise<number> | number
  /** The call that `door` placed is over. */
  ended(call: number, door: number, server: number, at: number): Promise<void> | void
  /** What every server carried becomes known to the doors: all calls placed up to `seenUntil`, and no later ones. */
  told(counts: readonly number[], seenUntil: number): Promise<void> | void
  stop?(): Promise<void>
}

/** The doors' own counts of the calls that they placed, as Kamailio and HAProxy keep them: nothing is shared. */
class OwnCounts {
  readonly #counts: number[][]

  constructor(doors: number, servers: number) {
    this.#counts = Array.from({ length: doors }, () => Array.from({ length: servers }, () => 0))
  }

  of(door: number): readonly number[] {
    return this.#counts[door] ?? []
  }

  add(door: number, server: number, by: number): void {
    const counts = this.#counts[door]
    if (counts) counts[server] = (counts[server] ?? 0) + by
  }
}

/** Kamailio's dispatcher with algorithm 10: the fewest calls of the own process, the first in the list wins a tie. */
export function kamailio(doors: number, servers: number): Rule {
  const own = new OwnCounts(doors, servers)
  return {
    place(_call, door) {
      const counts = own.of(door)
      const server = counts.indexOf(Math.min(...counts))
      own.add(door, server, 1)
      return server
    },
    ended: (_call, door, server) => own.add(door, server, -1),
    told: () => undefined,
  }
}

/** HAProxy's leastconn: the fewest connections of the own process, ties in turn. */
export function haproxy(doors: number, servers: number): Rule {
  const own = new OwnCounts(doors, servers)
  const turns = Array.from({ length: doors }, () => 0)
  return {
    place(_call, door) {
      const counts = own.of(door)
      const least = Math.min(...counts)
      const from = turns[door] ?? 0
      const order = counts.map((_, index) => (from + index) % servers)
      const server = order.find(index => counts[index] === least) ?? 0
      turns[door] = (server + 1) % servers
      own.add(door, server, 1)
      return server
    },
    ended: (_call, door, server) => own.add(door, server, -1),
    told: () => undefined,
  }
}

/** Rules over what the servers told last, all of the doors alike. */
function overTold(servers: number, take: (counts: readonly number[]) => number): Rule {
  let known: readonly number[] = Array.from({ length: servers }, () => 0)
  return {
    place: () => take(known),
    ended: () => undefined,
    told: counts => {
      known = [...counts]
    },
  }
}

/** The less loaded of two drawn at random. */
export function twoChoices(servers: number, share: () => number): Rule {
  return overTold(servers, counts => {
    const first = Math.floor(share() * servers)
    const other = Math.floor(share() * (servers - 1))
    const second = other >= first ? other + 1 : other
    return (counts[second] ?? 0) < (counts[first] ?? 0) ? second : first
  })
}

/** The least loaded; ties at random. */
export function staleLeast(servers: number, share: () => number): Rule {
  return overTold(servers, counts => {
    const least = Math.min(...counts)
    const tied = counts.flatMap((count, index) => (count === least ? [index] : []))
    return tied[Math.floor(share() * tied.length)] ?? 0
  })
}

/** Any. */
export function random(servers: number, share: () => number): Rule {
  return overTold(servers, () => Math.floor(share() * servers))
}
