import type { ListenerAddress, Sent, Source } from '../api.ts'
import type { SipRequest } from '../message/message.ts'
import { Flows } from './flows.ts'
import { Routes } from './routes.ts'

/** A connected application, as far as the traffic needs to know it. */
export interface App {
  readonly name: string
  /** False as soon as the connection is over. */
  readonly alive: boolean
  send(leader: string, message?: Buffer): void
}

/** A request that waits for the final response of its application. */
export interface Incoming {
  readonly app: App
  readonly method: string
  readonly source: Source
  /** When it was delivered; undefined once the application has given a first response. */
  waitingSince: number | undefined
}

/** A request of an application that waits for its final response. */
export interface Outgoing {
  readonly app: App
  /** As it was sent. */
  readonly request: SipRequest
  readonly via: Sent['via']
  /** The dialog that it belongs to or may set up. */
  readonly dialog: string
  /** What it left from, when that was chosen here. */
  readonly face: ListenerAddress | undefined
}

/** Which application has what: routes, open transactions, dialogs. */
export interface Book {
  readonly routes: Routes<App>
  readonly flows: Flows
  readonly incoming: Map<string, Incoming>
  readonly outgoing: Map<string, Outgoing>
  readonly dialogs: Dialogs
}

/** An empty book that remembers the application of at most `dialogs` dialogs. */
export function createBook(dialogs: number): Book {
  return {
    routes: new Routes<App>(),
    flows: new Flows(),
    incoming: new Map(),
    outgoing: new Map(),
    dialogs: new Dialogs(dialogs),
  }
}

interface Owned {
  readonly app: App
  readonly face: ListenerAddress | undefined
}

/**
 * The application of each dialog, and the listener that stands for us in it. The oldest is forgotten above the limit;
 * its requests are then routed like new ones.
 */
export class Dialogs {
  readonly #limit: number
  readonly #owned = new Map<string, Owned>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#owned.size
  }

  owner(dialog: string): App | undefined {
    const app = this.#owned.get(dialog)?.app
    return app?.alive === true ? app : undefined
  }

  face(dialog: string): ListenerAddress | undefined {
    return this.#owned.get(dialog)?.face
  }

  own(dialog: string, app: App, face?: ListenerAddress): void {
    this.#owned.set(dialog, { app, face: face ?? this.face(dialog) })
    if (this.#owned.size <= this.#limit) return
    for (const oldest of this.#owned.keys()) {
      this.#owned.delete(oldest)
      return
    }
  }

  end(dialog: string): void {
    this.#owned.delete(dialog)
  }
}
