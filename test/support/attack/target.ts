import type { Test } from 'tap'
import type { EngineEvent, ResponseParts, Transport } from '../../../engine/api.ts'
import { createEngine, type EngineStats } from '../../../engine/engine.ts'
import { createMetrics, type Sample } from '../../../engine/observe/metrics.ts'
import type { EngineLimits, EngineOptions } from '../../../engine/options.ts'
import { randomHex } from '../../../engine/random.ts'
import type { Certificate, TransportLimits, WsOptions } from '../../../engine/transport/transport-options.ts'
import { createTransports, type SocketTransports } from '../../../engine/transport/transports.ts'
import { systemClock, type Clock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'

/** What is attacked, and the bounds it has. */
export interface TargetOptions {
  readonly listeners?: readonly Transport[]
  readonly ws?: Partial<WsOptions>
  readonly limits?: Partial<TransportLimits>
  readonly engine?: Partial<EngineLimits>
  readonly more?: Partial<Pick<EngineOptions, 'newFlow' | 'load' | 'messageLimits'>>
  readonly tls?: Certificate
  readonly mayEnter?: (address: string, listener: string) => boolean
  readonly isOverloaded?: () => boolean
  readonly clock?: Clock
  /** What a request is answered; undefined leaves it. Default: `accepting`. */
  readonly answer?: (event: RequestEvent) => ResponseParts | undefined
}

/** A request of a peer. */
export type RequestEvent = Extract<EngineEvent, { kind: 'request' }>

/** A real engine on loopback, with an application that answers at once. */
export interface Target {
  readonly engine: ReturnType<typeof createEngine>
  readonly transports: SocketTransports
  /** Every event, oldest first. */
  readonly events: EngineEvent[]
  /** Call-IDs of the requests that reached the application. */
  heard(): readonly string[]
  port(transport: Transport): number
  /** A metric; with a label its number alone, without the sum. */
  count(name: string, label?: string): number
  /** Open connections. */
  flows(): number
  stats(): EngineStats
}

/** The origin that the target expects of browsers. */
export const origin = 'https://agents.example.com'

const sdp = { headers: [['Content-Type', 'application/sdp']], body: 'v=0\r\n' } as const

/** Says yes to everything. */
export function accepting({ request }: RequestEvent): ResponseParts {
  return request.method === 'INVITE' ? { status: 200, ...sdp } : { status: 200 }
}

/** Opens a target; it is gone when the test ends. */
export async function openTarget(t: Test, options: TargetOptions = {}): Promise<Target> {
  const { listeners = ['ws'], clock = systemClock, answer = accepting } = options
  const { tls, mayEnter, isOverloaded } = options
  const metrics = createMetrics()
  const transports = createTransports({
    listeners: listeners.map(transport => ({ name: transport, transport, host: '127.0.0.1', port: 0 })),
    ws: { origins: [origin], ...options.ws },
    ...(options.limits && { limits: options.limits }),
    ...(tls && { tls }),
    ...(mayEnter && { mayEnter }),
    ...(isOverloaded && { isOverloaded }),
    metrics,
    clock,
    log: silentLog,
  })
  const engine = createEngine({
    transports,
    clock,
    random: randomHex,
    log: silentLog,
    metrics,
    ...(options.engine && { limits: options.engine }),
    ...options.more,
  })
  const events: EngineEvent[] = []
  engine.onEvent(event => {
    events.push(event)
    if (event.kind !== 'request') return
    const parts = answer(event)
    if (parts !== undefined) engine.respond(event.transaction, parts)
  })
  await engine.start()
  t.teardown(() => engine.stop())
  const samples = (name: string): readonly Sample[] =>
    metrics
      .families()
      .find(family => family.name === name)
      ?.read() ?? []
  const count = (name: string, label?: string): number =>
    samples(name)
      .filter(({ labels }) => label === undefined || labels[0] === label)
      .reduce((sum, { value }) => sum + value, 0)
  return {
    engine,
    transports,
    events,
    heard: () =>
      events.flatMap(event => (event.kind === 'request' ? [event.request.headers.get('call-id') ?? ''] : [])),
    port: transport => portOf(engine.listeners(), transport),
    count,
    flows: () => count('portico_flows'),
    stats: () => engine.stats(),
  }
}

function portOf(
  listeners: readonly { readonly transport: Transport; readonly bound: { readonly port: number } }[],
  transport: Transport,
): number {
  const found = listeners.find(listener => listener.transport === transport)
  if (found === undefined) throw new Error(`no ${transport} listener`)
  return found.bound.port
}
