import type { Attendance, Queues, TakeOrder, TakenAgent } from '../store.ts'

/** Who waits at this process; the same steps as `selector/store/lua/queue.lua`. */
export class MemoryQueues implements Queues {
  readonly #attendance = new Map<string, Attendance>()
  /** Agent → client → until when its word holds, wall-clock milliseconds. */
  readonly #clients = new Map<string, Map<string, number>>()
  /** Line → agent → since when it waits. */
  readonly #lines = new Map<string, Map<string, number>>()

  async join(attendance: Attendance, at: number): Promise<void> {
    const { agent } = attendance
    const since = this.#stepOut(agent) ?? at
    this.#attendance.set(agent, attendance)
    this.#stepIn(agent, since, at)
  }

  async leave(agent: string, call: string): Promise<void> {
    if (this.#attendance.get(agent)?.call !== call) return
    this.#stepOut(agent)
    this.#attendance.delete(agent)
  }

  async occupy(agent: string, client: string, at: number, ttlMs: number): Promise<void> {
    this.#stepOut(agent)
    const clients = this.#clients.get(agent) ?? new Map<string, number>()
    this.#clients.set(agent, clients.set(client, at + ttlMs))
  }

  async free(agent: string, client: string, at: number): Promise<void> {
    if (this.#clients.get(agent)?.delete(client)) this.#stepIn(agent, at, at)
  }

  async take({ client, lines, passOver = [], at, ttlMs }: TakeOrder): Promise<TakenAgent | undefined> {
    for (const line of lines) {
      const waiting = [...(this.#lines.get(line) ?? [])].filter(
        ([agent]) => !passOver.includes(agent) && !this.#isBusy(agent, at),
      )
      const [agent] = waiting.toSorted(longestFirst)[0] ?? []
      const attendance = agent === undefined ? undefined : this.#attendance.get(agent)
      if (!attendance) continue
      await this.occupy(attendance.agent, client, at, ttlMs)
      return { agent: attendance.agent, server: attendance.server, call: attendance.call }
    }
    return undefined
  }

  /** Says again that every client is still there, for `ttlMs` from `at` on. */
  renew(at: number, ttlMs: number): void {
    for (const clients of this.#clients.values())
      for (const client of clients.keys()) clients.set(client, at + ttlMs)
  }

  /** Every agent that is in its conference. */
  present(): readonly Attendance[] {
    return [...this.#attendance.values()]
  }

  /** Every client that was told of, with its agent. */
  talking(): readonly { readonly agent: string; readonly client: string }[] {
    return [...this.#clients].flatMap(([agent, clients]) =>
      [...clients.keys()].map(client => ({ agent, client })),
    )
  }

  #isBusy(agent: string, at: number): boolean {
    const clients = this.#clients.get(agent)
    if (!clients) return false
    for (const [client, until] of clients) if (until <= at) clients.delete(client)
    if (clients.size === 0) this.#clients.delete(agent)
    return clients.size > 0
  }

  #stepIn(agent: string, since: number, at: number): void {
    if (this.#isBusy(agent, at)) return
    for (const line of this.#attendance.get(agent)?.lines ?? []) {
      this.#lines.set(line, (this.#lines.get(line) ?? new Map<string, number>()).set(agent, since))
    }
  }

  /** Since when it waited, if it did. */
  #stepOut(agent: string): number | undefined {
    let since: number | undefined
    for (const line of this.#attendance.get(agent)?.lines ?? []) {
      const waiting = this.#lines.get(line)
      since = waiting?.get(agent) ?? since
      waiting?.delete(agent)
      if (waiting?.size === 0) this.#lines.delete(line)
    }
    return since
  }
}

type Waiting = readonly [agent: string, since: number]

function longestFirst([a, since]: Waiting, [b, other]: Waiting): number {
  return since - other || (a < b ? -1 : 1)
}
