import type { Candidate, Health, HealthWord, Load, MediaServer } from '../../domain/media-server.ts'
import { seenOf, type Seen } from '../../domain/decision.ts'
import type { Facts } from '../../domain/standing.ts'
import { EndedCalls } from './ended-calls.ts'

/** What one process knows of one media server; it may hear of a server before the operator's list names it. */
export class ServerPage {
  readonly id: string
  server: MediaServer | undefined
  load: Load | undefined
  /** Of the word that told the load. */
  fence = 0
  health: Health = 'unknown'
  until: number | undefined
  ejections: number | undefined
  warmSince: number | undefined
  nextAt: number | undefined
  reserved = 0
  placed = 0
  ended = 0
  readonly endedCalls = new EndedCalls()
  /** Of what stood here last. */
  share = 0
  /** Made when somebody looks, and never changed itself. */
  #seen: Seen | undefined

  constructor(id: string) {
    this.id = id
  }

  /** Takes up counters. */
  tell(load: Load, fence: number): void {
    this.load = load
    this.fence = fence
    this.endedCalls.told(load)
  }

  /** Takes up what is known of its health. */
  hear({ health, until = 0, ejections = 0 }: HealthWord): void {
    this.health = health
    this.until = until === 0 ? undefined : until
    this.ejections = ejections === 0 ? undefined : ejections
  }

  /** Something of it was changed; `share`: its load by now. */
  changed(share: number): void {
    this.share = share
    this.#seen = undefined
  }

  /** For the record of a choice. */
  seen(): Seen | undefined {
    if (isListed(this)) this.#seen ??= seenOf(this, this.share)
    return this.#seen
  }
}

/** A page of a server that the operator's list names. */
export type Listed = ServerPage & Facts & { readonly server: MediaServer }

export function isListed(page: ServerPage | undefined): page is Listed {
  return page?.server !== undefined
}

/** The server with everything that bears on a choice. */
export function candidateOf(page: Listed): Candidate {
  const { server, load, reserved, health, until, ejections, warmSince, nextAt, placed, ended } = page
  return {
    server,
    ...(load && { load }),
    reserved,
    health,
    ...(until !== undefined && { until }),
    ...(ejections !== undefined && { ejections }),
    ...(warmSince !== undefined && { warmSince }),
    ...(nextAt !== undefined && { nextAt }),
    ...(placed !== reserved && { placed }),
    ...(ended > 0 && { ended }),
  }
}
