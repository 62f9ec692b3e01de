import type { Clock } from '../../runtime/clock.ts'
import { glance, glanceCallId } from './glance.ts'
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
  readonly messages: readonly Traced[]
  /** Messages that were left out between the first and the last ones. */
  readonly omitted: number
}

/** The last calls as they were on the wire. */
export interface Trace {
  readonly tap: Tap
  /** The messages with that Call-ID, oldest first; undefined when none is known any more. */
  of(callId: string): CallTrace | undefined
}

/**
 * A trace that keeps calls, and in a quarter of the room everything else but OPTIONS, so that neither probes nor a flood of
 * registrations push calls out.
 */
export function createTrace(limits: TraceLimits, clock: Clock): Trace {
  const calls = new Ring(limits)
  const others = new Ring({
    ...limits,
    calls: Math.ceil(limits.calls / 4),
    bytes: Math.ceil(limits.bytes / 4),
  })

  function tap(passage: Passage): void {
    const id = limits.calls === 0 ? undefined : glanceCallId(passage.bytes)
    if (id === undefined) return
    const kept = { at: clock.wall(), passage }
    if (!calls.addTo(id, kept) && !others.addTo(id, kept)) ringFor(passage)?.begin(id, kept)
  }

  function ringFor({ bytes }: Passage): Ring | undefined {
    const { method } = glance(bytes)
    if (method === 'OPTIONS' || method === '') return undefined
    return method === 'INVITE' ? calls : others
  }

  return { tap, of: callId => calls.read(callId) ?? others.read(callId) }
}

interface Kept {
  readonly at: number
  readonly passage: Passage
}

interface Call {
  readonly messages: Kept[]
  omitted: number
  bytes: number
  /** Something was heard of it since it was last looked at for forgetting. */
  isFresh: boolean
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

  read(id: string): CallTrace | undefined {
    const call = this.#calls.get(id)
    return call && { messages: call.messages.map(traced), omitted: call.omitted }
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

function traced({ at, passage }: Kept): Traced {
  const { direction, transport, local, peer, bytes } = passage
  const text = bytes.toString().replaceAll(proof, '$1***')
  return { at, direction, transport, local: { ...local }, peer: { ...peer }, text }
}

/** The value of a header that proves a password. */
const proof = /^((?:proxy-)?authorization[ \t]*:[ \t]*)[^\r\n]*(?:\r\n[ \t]+[^\r\n]*)*/gim
