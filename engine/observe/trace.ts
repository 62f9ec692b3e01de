import type { Clock } from '../../runtime/clock.ts'
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
    const kept = { at: clock.wall(), number: ++count, leg, passage }
    if (!calls.addTo(leg, kept) && !others.addTo(leg, kept)) begin(kept)
  }

  function begin(kept: Kept): void {
    const { leg, passage } = kept
    const ring = ringFor(passage)
    ring?.begin(leg, kept)
    if (ring !== calls || callHeader === undefined) return
    const call = glanceHeader(passage.bytes, callHeader)
    if (call !== undefined) calls.link(leg, call)
  }

  function ringFor({ bytes }: Passage): Ring | undefined {
    const { method } = glance(bytes)
    if (method === 'OPTIONS' || method === '') return undefined
    return method === 'INVITE' ? calls : others
  }

  return { tap, link: (leg, call) => calls.link(leg, call), of: id => calls.read(id) ?? others.read(id) }
}

interface Kept {
  readonly leg: string
  readonly at: number
  /** Of all messages, in the order in which they passed. */
  readonly number: number
  readonly passage: Passage
}

interface Call {
  readonly messages: Kept[]
  omitted: number
  bytes: number
  /** Something was heard of it since it was last looked at for forgetting. */
  isFresh: boolean
  /** The call that this leg belongs to. */
  link?: string
}

class Ring {
  readonly #limits: TraceLimits
  /** In the order in which they are looked at for forgetting. */
  readonly #calls = new Map<string, Call>()
  #bytes = 0

  constructor(limits: TraceLimits) {
    this.#limits = limits
  }

  /** False when the call is not here. */
  addTo(id: string, message: Kept): boolean {
    const call = this.#calls.get(id)
    if (call === undefined) return false
    call.isFresh = true
    this.#add(call, message)
    return true
  }

  begin(id: string, message: Kept): void {
    const call: Call = { messages: [], omitted: 0, bytes: 0, isFresh: false }
    this.#calls.set(id, call)
    this.#add(call, message)
  }

  #add(call: Call, message: Kept): void {
    this.#count(call, message.passage.bytes.length)
    call.messages.push(message)
    if (call.messages.length > this.#limits.messages) this.#omit(call)
    this.#forget()
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
    const messages = legs.flatMap(leg => leg.messages).toSorted((a, b) => a.number - b.number)
    return { messages: messages.map(traced), omitted: legs.reduce((sum, leg) => sum + leg.omitted, 0) }
  }

  /** How a call began says most; of the rest the oldest goes. */
  #omit(call: Call): void {
    const [gone] = call.messages.splice(Math.floor(this.#limits.messages / 2), 1)
    call.omitted += 1
    if (gone !== undefined) this.#count(call, -gone.passage.bytes.length)
  }

  #forget(): void {
    for (const [id, call] of this.#calls) {
      if (this.#calls.size <= this.#limits.calls && this.#bytes <= this.#limits.bytes) return
      this.#calls.delete(id)
      // One that was heard of meanwhile gets a second round.
      if (call.isFresh) this.#calls.set(id, call)
      else this.#bytes -= call.bytes
      call.isFresh = false
    }
  }

  #count(call: Call, bytes: number): void {
    call.bytes += bytes
    this.#bytes += bytes
  }
}

function traced({ leg, at, passage }: Kept): Traced {
  const { direction, transport, local, peer, bytes } = passage
  const text = bytes.toString().replaceAll(proof, '$1***')
  return { leg, at, direction, transport, local: { ...local }, peer: { ...peer }, text }
}

/** The value of a header that proves a password. */
const proof = /^((?:proxy-)?authorization[ \t]*:[ \t]*)[^\r\n]*(?:\r\n[ \t]+[^\r\n]*)*/gim
