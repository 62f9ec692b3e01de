import type { Source } from '../api.ts'
import { contactUri } from '../message/accessors.ts'
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts'
import { parseNameAddr, splitList } from '../message/name-addr.ts'
import { parseUri } from '../message/uri.ts'
import { FlowIndex } from './flow-index.ts'
import type { Flow } from './flows.ts'

interface Cached {
  readonly flow: Flow
  readonly until: number
}

/**
 * The connections over which peers have registered or subscribed, by user and host of their Contact, as long as that lasts. A
 * browser's Contact leads nowhere (RFC 7118 §5), so this is the way to it. The oldest is forgotten above the limit.
 */
export class ContactCache {
  readonly #limit: number
  readonly #cached = new Map<string, Cached>()
  readonly #byFlow = new FlowIndex()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Draws the consequences of a response to a REGISTER or SUBSCRIBE that came over a connection. */
  learn(request: SipRequest, response: SipResponse, source: Source, now: number): void {
    if (!openers.has(request.method) || source.flow === undefined) return
    if (response.status !== 200 && response.status !== 202) return
    const flow = { id: source.flow, transport: source.transport, listener: source.listener }
    if (request.headers.get('Contact')?.trim() === '*') return this.forget(flow.id)
    const key = keyOf(contactUri(request) ?? '')
    if (key === undefined) return
    this.#drop(key)
    const seconds = lastingSeconds(request, response, key)
    if (seconds > 0) this.#keep(key, { flow, until: now + seconds * 1000 })
  }

  /** The connection to whoever registered this URI; undefined when nobody did, or it is over. */
  at(uri: string, now: number): Flow | undefined {
    const key = keyOf(uri)
    const cached = key === undefined ? undefined : this.#cached.get(key)
    return cached !== undefined && cached.until > now ? cached.flow : undefined
  }

  /** Forgets what was learnt over that connection. */
  forget(flow: string): void {
    for (const key of this.#byFlow.of(flow)) this.#drop(key)
  }

  #keep(key: string, cached: Cached): void {
    this.#cached.set(key, cached)
    this.#byFlow.move(key, undefined, cached.flow.id)
    if (this.#cached.size <= this.#limit) return
    for (const oldest of this.#cached.keys()) return this.#drop(oldest)
  }

  #drop(key: string): void {
    this.#byFlow.move(key, this.#cached.get(key)?.flow.id, undefined)
    this.#cached.delete(key)
  }
}

/** Without the port, as a drachtio-server has it. */
function keyOf(text: string): string | undefined {
  const uri = parseUri(text)
  return uri?.user === undefined ? undefined : `${uri.user}@${uri.host.toLowerCase()}`
}

/** The registrar has the last word (RFC 3261 §10.2.1.1, RFC 6665 §4.1.2.2). */
function lastingSeconds(request: SipRequest, response: SipResponse, key: string): number {
  const granted = ofContact(response, key) ?? response.headers.get('Expires')
  const asked = ofContact(request, key) ?? request.headers.get('Expires')
  const seconds = Number(granted ?? asked ?? 3600)
  return Number.isFinite(seconds) ? seconds : 0
}

function ofContact(message: SipMessage, key: string): string | undefined {
  for (const value of message.headers.all('Contact').flatMap(line => splitList(line))) {
    const contact = parseNameAddr(value)
    if (contact !== undefined && keyOf(contact.uri) === key) return contact.params.get('expires')
  }
  return undefined
}

const openers: ReadonlySet<string> = new Set(['REGISTER', 'SUBSCRIBE'])
