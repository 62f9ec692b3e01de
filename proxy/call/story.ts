import { callIdIn } from '../../engine/message/dialog-id.ts'
import type { CallRecord, LiveCall } from '../ports.ts'
import type { Call, CallState } from './call.ts'
import { nameOf } from './state-facts.ts'
import type { Verdict } from './verdict.ts'

/** What has been of a call, so that its record can tell: with whom it was, on which media servers, and since when. */
export class Story {
  /** The media server where the call is, or which was asked last. */
  server: string | undefined
  readonly #since: number
  #answeredAt: number | undefined
  readonly #servers = new Set<string>()
  readonly #agents: string[]

  /** `at`: now, in wall-clock milliseconds. */
  constructor({ agent }: Pick<Call, 'agent'>, at: number) {
    this.#since = at
    this.#agents = agent === '' ? [] : [agent]
  }

  isOn(server: string): void {
    this.server = server
    this.#servers.add(server)
  }

  isWith(agent: string): void {
    if (this.#agents.at(-1) !== agent) this.#agents.push(agent)
  }

  answered(at: number): void {
    this.#answeredAt = at
  }

  /** The call as others may see it now. */
  live({ id, dialog, kind, agent, by, dialled, onward }: Call, state: CallState): LiveCall {
    const { server } = this
    return {
      id,
      leg: callIdIn(dialog),
      kind,
      ...(agent !== '' && { agent }),
      ...(by !== undefined && { by }),
      ...(onward && { onward }),
      state: nameOf(state),
      since: this.#since,
      ...dialled,
      ...(server !== undefined && { server }),
    }
  }

  /** What is left of the call when it is over. */
  record(
    live: LiveCall,
    end: { readonly verdict: Verdict; readonly status: number; readonly caller: string; readonly at: number },
  ): CallRecord {
    const { at: endedAt, ...how } = end
    // One agent is named by the call itself, unless it has gone from it.
    const isTold = this.#agents.length > (live.agent === undefined ? 0 : 1)
    return {
      endedAt,
      ...live,
      ...how,
      ...(isTold && { agents: [...this.#agents] }),
      servers: [...this.#servers],
      ...(this.#answeredAt !== undefined && { answeredAt: this.#answeredAt }),
    }
  }
}
