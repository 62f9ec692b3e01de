import type { ListenerAddress, Sent, Source } from '../api.ts'
import type { SipRequest } from '../message/message.ts'
import { ContactCache } from './contact-cache.ts'
import { Dialogs } from './dialogs.ts'
import { Flows } from './flows.ts'
import type { Proxying } from './proxying.ts'
import { Routes } from './routes.ts'

/** A connected application, as far as the traffic needs to know it. */
export interface App {
  readonly name: string
  /** What it calls itself; applications that share a tag stand in for each other. */
  readonly tags: readonly string[]
  /** False as soon as the connection is over. */
  readonly alive: boolean
  send(leader: string, message?: Buffer): void
}

/** A request that waits for the final response of its application. */
export interface Incoming {
  readonly app: App
  readonly request: SipRequest
  readonly source: Source
  /** The dialog in which it came. */
  readonly dialog: string | undefined
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
  /** Whether it was sent inside that dialog. */
  readonly isInside: boolean
  /** What it left from, when that was chosen here. */
  readonly face: ListenerAddress | undefined
}

/** Which application has what: routes, open transactions, dialogs. */
export interface Book {
  readonly routes: Routes
  readonly flows: Flows
  readonly contacts: ContactCache
  readonly incoming: Map<string, Incoming>
  readonly outgoing: Map<string, Outgoing>
  readonly dialogs: Dialogs
  /** Requests that are being proxied, by incoming transaction. */
  readonly proxied: Map<string, Proxying>
  /** The same ones, by each of the transactions towards their targets. */
  readonly forwarded: Map<string, Proxying>
}

/** An empty book that remembers at most so many dialogs and contacts. */
export function createBook(limits: { readonly dialogs: number; readonly contacts: number }): Book {
  return {
    routes: new Routes(),
    flows: new Flows(),
    contacts: new ContactCache(limits.contacts),
    incoming: new Map(),
    outgoing: new Map(),
    dialogs: new Dialogs(limits.dialogs),
    proxied: new Map(),
    forwarded: new Map(),
  }
}
