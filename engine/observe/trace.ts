import type { Clock } from '../../runtime/clock.ts'
import { ByteStore } from './byte-store.ts'
import { glance, glanceCallId, glanceHeader } from './glance.ts'
import type { End, Passage, Tap } from './tapped.ts'

/** What a trace may hold. */
export interface TraceLimits {
  /** Calls; those of which nothing was heard for longest are forgotten first. 0: nothing is traced. */
  readonly calls: number
  /** Messages of one call; the first and the last ones are kept. */
  readonly messages: number
  /** Bytes of all messages together. */
  readonly bytes: number
}

/** The limits that hold where nothing else is said. */
export const traceDefaults: TraceLimits = { calls: 2000, messages: 64, bytes: 16_777_216 }

/** One message of a call. */
export interface Traced {
  /** The Call-ID of its leg. */
  readonly leg: string
  /** Wall-clock milliseconds. */
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly transport: string
  readonly local: End
  readonly peer: End
  /** The whole message; what proves a password in it is cut out. */
  readonly text: string
}

/** What became of one call. */
export interface CallTrace {
  /** Of all its legs, in the order in which they passed. */
  readonly messages: readonly Traced[]
  /** Messages that were left out between the first and the last ones. */
  readonly omitted: number
}

/** The last calls as they were on the wire. */
export interface Trace {
  readonly tap: Tap
  /** Says that the leg with that Call-ID belongs to `call`. */
  link(leg: string, call: string): void
  /** The messages of a call, or of the one that a leg with that Call-ID belongs to; undefined when none is known any more. */
  of(id: string): CallTrace | undefined
}

/**
 * A trace that keeps calls, and in a quarter of the room everything else but OPTIONS, so that neither probes nor a flood of
 * registrations push calls out. `callHeader` names the header of an INVITE that tells to which call its leg belongs.
 */
export function createTrace(limits: TraceLimits, clock: Clock, callHeader?: string): Trace {
  const calls = new Ring(limits)
  const others = new Ring({
    ...limits,
    calls: Math.ceil(limits.calls / 4),
    bytes: Math.ceil(limits.bytes / 4),
  })
  let count = 0

  function tap(passage: Passage): void {
    const leg = limits.calls === 0 ? undefined : glanceCallId(passage.bytes)
    if (leg === undefined) return
    const head = headOf(++count, clock.wall(), passage)
    const { bytes } = passage
    if (!calls.addTo(leg, head, bytes) && !others.addTo(leg, head, bytes)) begin(leg, head, bytes)
  }

  function begin(leg: string, head: string, bytes: Buffer): void {
    const ring = ringFor(bytes)
    ring?.begin(leg, head, bytes)
    if (ring !== calls || callHeader === undefined) return
    const call = glanceHeader(bytes, callHeader)
    if (call !== undefined) calls.link(leg, call)
  }

  function ringFor(bytes: Buffer): Ring | undefined {
    const { method } = glance(bytes)
    if (method === 'OPTIONS' || method === '') return undefined
    return method === 'INVITE' ? calls : others
  }

  return { tap, link: (leg, call) => calls.link(leg, call), of: id => calls.read(id) ?? others.read(id) }
}

interface Call {
  readonly id: string
  /** Where its messages are in the store. */
  readonly messages: number[]
  omitted: number
  /** Something was heard of it since it was last looked at for forgetting. */
  isFresh: boolean
  /** The call that this leg belongs to. */
  link: string | undefined
}

class Ring {
  readonly #limits: TraceLimits
  readonly #calls = new Map<string, Call>()
  /** Goes round over the calls, in search of one to forget. */
  #hand: Iterator<Call, undefined> = this.#calls.values()
  #store: ByteStore | undefined

  constructor(limits: TraceLimits) {
    this.#limits = limits
  }

  /** False when the call is not here. */
  addTo(id: string, head: string, bytes: Buffer): boolean {
    const call = this.#calls.get(id)
    if (call === undefined) return false
    call.isFresh = true
    this.#add(call, head, bytes)
    return true
  }

  begin(id: string, head: string, bytes: Buffer): void {
    if (this.#calls.size >= this.#limits.calls) this.#forget()
    const call: Call = { id, messages: [], omitted: 0, isFresh: false, link: undefined }
    this.#calls.set(id, call)
    this.#add(call, head, bytes)
  }

  #add(call: Call, head: string, bytes: Buffer): void {
    const store = (this.#store ??= new ByteStore(this.#limits.bytes))
    const at = this.#put(store, call, head, bytes)
    if (at === undefined) {
      call.omitted += 1
      return
    }
    call.messages.push(at)
    if (call.messages.length > this.#limits.messages) this.#omit(call, store)
  }

  /** Makes room as far as that helps; undefined when it does not. */
  #put(store: ByteStore, call: Call, head: string, bytes: Buffer): number | undefined {
    if (!store.canHold(head.length + bytes.length)) return undefined
    let at = store.put(head, bytes)
    while (at === undefined && this.#forget(call)) at = store.put(head, bytes)
    return at
  }

  link(leg: string, call: string): void {
    const known = this.#calls.get(leg)
    if (known !== undefined) known.link = call
  }

  read(id: string): CallTrace | undefined {
    const own = this.#calls.get(id)
    const link = own?.link ?? id
    const legs = [...this.#calls.values()].filter(leg => leg === own || leg.link === link)
    if (legs.length === 0) return undefined
    const messages = legs.flatMap(leg => this.#messagesOf(leg)).toSorted((a, b) => a.number - b.number)
    return {
      messages: messages.map(({ traced }) => traced),
      omitted: legs.reduce((sum, leg) => sum + leg.omitted, 0),
    }
  }

  #messagesOf({ id, messages }: Call): Numbered[] {
    return messages.map(at => numbered(id, this.#store?.get(at) ?? Buffer.alloc(0)))
  }

  /** How a call began says most; of the rest the oldest goes. */
  #omit(call: Call, store: ByteStore): void {
    const [gone] = call.messages.splice(Math.floor(this.#limits.messages / 2), 1)
    call.omitted += 1
    if (gone !== undefined) store.drop(gone)
  }

  /** Forgets the call of which nothing was heard since the last round, other than `kept`; false when there is none. */
  #forget(kept?: Call): boolean {
    for (let looked = 0; looked <= 2 * this.#calls.size; looked++) {
      const call = this.#nextInRound()
      if (call === undefined) return false
      if (call === kept) continue
      if (!call.isFresh) {
        this.#calls.delete(call.id)
        for (const at of call.messages) this.#store?.drop(at)
        return true
      }
      call.isFresh = false
    }
    return false
  }

  #nextInRound(): Call | undefined {
    const next = this.#hand.next()
    if (next.done !== true) return next.value
    this.#hand = this.#calls.values()
    const first = this.#hand.next()
    return first.done === true ? undefined : first.value
  }
}

/** What stands before a message in the store. */
function headOf(number: number, at: number, { direction, transport, local, peer }: Passage): string {
  return `${number} ${at} ${direction} ${transport} ${shown(local)} ${shown(peer)}\n`
}

/** A host is an address; a name that is longer than this is cut. */
function shown({ host, port }: End): string {
  return `${port} ${host.length > longestHost ? host.slice(0, longestHost) : host}`
}

interface Numbered {
  /** Of all messages, in the order in which they passed. */
  readonly number: number
  readonly traced: Traced
}

/** The message that the store has given back. */
function numbered(leg: string, stored: Buffer): Numbered {
  const end = stored.indexOf('\n')
  const head = stored.toString('latin1', 0, end).split(' ')
  const [number, at, direction, transport = '', localPort, localHost = '', peerPort, peerHost = ''] = head
  const traced: Traced = {
    leg,
    at: Number(at),
    direction: direction === 'in' ? 'in' : 'out',
    transport,
    local: { host: localHost, port: Number(localPort) },
    peer: { host: peerHost, port: Number(peerPort) },
    text: stored.toString('utf8', end + 1).replaceAll(proof, '$1***'),
  }
  return { number: Number(number), traced }
}

const longestHost = 64

/** The value of a header that proves a password. */
const proof = /^((?:proxy-)?authorization[ \t]*:[ \t]*)[^\r\n]*(?:\r\n[ \t]+[^\r\n]*)*/gim
