import type { Credentials } from '../ports.ts'

/** Who was proven on a connection, and by what. */
export interface Proof {
  readonly user: string
  readonly credentials: Credentials
}

/** What was proven on the open connections. */
export class Proofs {
  readonly #byFlow = new Map<string, Proof>()
  /** Requests that are being looked at; what closes meanwhile is forgotten when they are done. */
  readonly #busy = new Map<string, number>()
  readonly #closed = new Set<string>()
  readonly #forgotten: (agent: string, flow: string) => void

  /** `forgotten` is told of every connection with a proof that closed. */
  constructor(forgotten: (agent: string, flow: string) => void) {
    this.#forgotten = forgotten
  }

  get(flow: string): Proof | undefined {
    return this.#byFlow.get(flow)
  }

  set(flow: string, proof: Proof): void {
    this.#byFlow.set(flow, proof)
  }

  /** Looks at a request of that connection; what it proves is not left behind when the connection closes meanwhile. */
  async during<Result>(flow: string, work: () => Promise<Result>): Promise<Result> {
    this.#busy.set(flow, (this.#busy.get(flow) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const left = (this.#busy.get(flow) ?? 1) - 1
      if (left > 0) this.#busy.set(flow, left)
      else this.#busy.delete(flow)
      if (left === 0 && this.#closed.delete(flow)) this.#forget(flow)
    }
  }

  closed(flow: string): void {
    if (this.#busy.has(flow)) this.#closed.add(flow)
    else this.#forget(flow)
  }

  #forget(flow: string): void {
    const agent = this.#byFlow.get(flow)?.credentials.agent
    this.#byFlow.delete(flow)
    if (agent !== undefined) this.#forgotten(agent, flow)
  }
}
