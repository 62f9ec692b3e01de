import type { EngineEvent, Transport } from '../../engine/api.ts'
import { createEngine, type EngineStats } from '../../engine/engine.ts'
import type { HeaderLine } from '../../engine/message/message.ts'
import type { EngineOptions } from '../../engine/options.ts'
import type { Test } from 'tap'
import { silentLog } from '../../runtime/log.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryNetwork, type MemoryTransports } from './memory-network.ts'

/** An event of one kind. */
export type EventOf<K extends EngineEvent['kind']> = Extract<EngineEvent, { kind: K }>

/** One of two engines, with what it told. */
export interface Side {
  readonly engine: ReturnType<typeof createEngine>
  readonly transports: MemoryTransports
  /** Everything told so far, in order. */
  readonly events: EngineEvent[]
  /** The oldest event of a kind that was not taken yet; fails when there is none. */
  take<K extends EngineEvent['kind']>(kind: K): EventOf<K>
  /** How many events of a kind were not taken yet. */
  readonly left: (kind: EngineEvent['kind']) => number
}

/** Two engines on a network in memory, under one clock. */
export interface EnginePair {
  readonly clock: ManualClock
  readonly network: MemoryNetwork
  readonly a: Side
  readonly b: Side
  /** Start lines of everything sent from now on, e.g. `a INVITE`, `b 180`. */
  readonly trace: () => string[]
  /** Lets the network deliver what is on the way, and no SIP timer ring. */
  readonly deliver: () => void
  /** Lets every SIP timer run out and checks that nothing is left in either engine. */
  readonly rest: (t: Test) => void
}

/** Where the two are: `sip:<user>@10.0.0.1` and `sip:<user>@10.0.0.2` over UDP, connections of `stream` by `network.connect`. */
export async function enginePair(
  options: Partial<EngineOptions> = {},
  stream: Transport = 'wss',
): Promise<EnginePair> {
  const clock = new ManualClock()
  const network = new MemoryNetwork(clock)
  const a = await side('a', network.host('10.0.0.1', stream), clock, options)
  const b = await side('b', network.host('10.0.0.2', stream), clock, options)
  return {
    clock,
    network,
    a,
    b,
    trace: () => traceOf(network),
    deliver: () => clock.advance(20),
    rest(t) {
      clock.advance(60_000)
      const nothing: EngineStats = { transactions: 0, dialogs: 0, legs: 0, timers: 0 }
      t.strictSame(a.engine.stats(), nothing, 'nothing is left in a')
      t.strictSame(b.engine.stats(), nothing, 'nothing is left in b')
      t.equal(clock.pending, 0, 'no timer of the clock is left')
    },
  }
}

/** A pair with a call from a to b that both have confirmed. */
export async function answeredCall(
  options: Partial<EngineOptions> = {},
): Promise<EnginePair & { readonly dialog: string }> {
  const pair = await enginePair(options)
  const { a, b, deliver } = pair
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const { dialog = '' } = a.take('response')
  a.engine.ack(dialog)
  deliver()
  b.take('ack')
  return { ...pair, dialog }
}

/** Lets a end the call, and b agree. */
export function hangUp({ a, b, deliver }: EnginePair, dialog: string): void {
  a.engine.request({ method: 'BYE', dialog })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  a.take('response')
}

/** A body of SDP with its type. */
export const sdp: { readonly headers: readonly HeaderLine[]; readonly body: string } = {
  headers: [['Content-Type', 'application/sdp']],
  body: 'v=0\r\n',
}

/** Hex that looks random and is the same in every run. */
export function seededRandom(seed: number): (bytes: number) => string {
  let state = seed
  return bytes => {
    let text = ''
    while (text.length < bytes * 2) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      text += state.toString(16).padStart(8, '0')
    }
    return text.slice(0, bytes * 2)
  }
}

/** An engine on a host of a network in memory, started. */
export async function side(
  name: string,
  transports: MemoryTransports,
  clock: ManualClock,
  options: Partial<EngineOptions>,
): Promise<Side> {
  const random = seededRandom(name.charCodeAt(0))
  const engine = createEngine({ transports, clock, random, log: silentLog, ...options })
  const events: EngineEvent[] = []
  const untaken: EngineEvent[] = []
  engine.onEvent(event => {
    events.push(event)
    untaken.push(event)
  })
  await engine.start()
  return {
    engine,
    transports,
    events,
    left: kind => untaken.filter(event => event.kind === kind).length,
    take<K extends EngineEvent['kind']>(kind: K): EventOf<K> {
      const at = untaken.findIndex(event => event.kind === kind)
      const event = untaken[at]
      if (event === undefined || !isKind(event, kind)) throw new Error(`${name} was told of no ${kind}`)
      untaken.splice(at, 1)
      return event
    },
  }
}

function isKind<K extends EngineEvent['kind']>(event: EngineEvent, kind: K): event is EventOf<K> {
  return event.kind === kind
}

function traceOf(network: MemoryNetwork): string[] {
  const lines: string[] = []
  const push = (from: string, text: string): void => {
    const who = from === '10.0.0.1' ? 'a' : from === '10.0.0.2' ? 'b' : from
    const words = text.split(' ', 2)
    lines.push(`${who} ${words[0] === 'SIP/2.0' ? words[1] : words[0]}`)
  }
  network.watch(({ from, text }) => push(from, text))
  return lines
}
