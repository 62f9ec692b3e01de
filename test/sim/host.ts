import type {
  EngineEvent,
  Ordered,
  RequestParts,
  Responded,
  ResponseParts,
  Sent,
  Transport,
} from '../../engine/api.ts'
import { createEngine, type EngineStats } from '../../engine/engine.ts'
import type { EngineOptions } from '../../engine/options.ts'
import type { Transports } from '../../engine/transport/transport.ts'
import type { Log } from '../../runtime/log.ts'
import type { CallRules } from './call-rules.ts'
import type { Chance } from './chance.ts'
import { FloodGauge } from './flood-gauge.ts'
import type { Judge } from './judge.ts'
import { LifeLedger } from './life-ledger.ts'
import type { SimNetwork, SimTransports } from './network.ts'
import type { Swarm } from './swarm.ts'
import { HostClock, type VirtualTime } from './virtual-time.ts'
import type { WireMessage } from './wire-message.ts'

/** What a host is there for; made anew for each life. */
export interface Application {
  onEvent(event: EngineEvent): void
  /** The world comes to rest: hang up, refuse and cancel everything, and begin nothing new. */
  finish(): void
}

/** Makes an engine what it is not, so that the simulation can be seen to notice. */
export interface Sabotage {
  readonly transports?: (transports: Transports, host: string) => Transports
  readonly engine?: (engine: TestedEngine, host: string) => TestedEngine
  readonly options?: (options: EngineOptions, host: string) => EngineOptions
}

/** The engine as `createEngine` gives it. */
export type TestedEngine = ReturnType<typeof createEngine>

/** What all hosts of a world share. */
export interface Surroundings {
  readonly time: VirtualTime
  readonly network: SimNetwork
  readonly judge: Judge
  readonly calls: CallRules
  readonly swarm: Swarm
  readonly chance: Chance
  readonly sabotage: Sabotage
}

/** A place in the network where an engine lives, dies and lives again. */
export class Host {
  readonly name: string
  readonly address: string
  life: Life | undefined
  readonly #world: Surroundings
  readonly #application: (life: Life) => Application
  #lives = 0

  constructor(world: Surroundings, name: string, address: string, application: (life: Life) => Application) {
    this.#world = world
    this.name = name
    this.address = address
    this.#application = application
  }

  start(): void {
    this.life = new Life(this.#world, this, `${this.name}.${++this.#lives}`, this.#application)
  }

  /** Everything in it is gone at once; connections are noticed to be dead within `noticedMs`. */
  crash(noticedMs: number): void {
    const { life } = this
    this.life = undefined
    life?.kill()
    for (const connection of this.#world.network.connections()) {
      const isOurs =
        connection.client.host === life?.transports || connection.server.host === life?.transports
      if (isOurs) this.#world.network.cut(connection, noticedMs)
    }
  }
}

/** One engine with its application, from its start to its crash. All orders go through here, so that they are on record. */
export class Life {
  readonly id: string
  readonly host: string
  readonly address: string
  readonly chance: Chance
  readonly ledger: LifeLedger
  readonly transports: SimTransports
  readonly clock: HostClock
  readonly habits: Swarm['habits']
  /** What the application is ordering right now; undefined while the engine acts by itself. */
  ordering: string | undefined
  /** The calls that the application has cancelled, by Call-ID. */
  readonly cancelled = new Set<string>()
  /** The calls that the application has ended, by Call-ID. */
  readonly hungUp = new Set<string>()
  /** Calls whose ACK could not leave, by Call-ID. */
  readonly excused = new Set<string>()
  /** How long a 2xx may wait for its ACK on account of the application. */
  acksWithinMs = 5000
  isOver = false
  /** Nothing new is begun any more. */
  isFinishing = false
  readonly #world: Surroundings
  readonly #engine: TestedEngine
  readonly #application: Application
  readonly #gauge: FloodGauge

  constructor(
    world: Surroundings,
    { name, address }: Host,
    id: string,
    application: (life: Life) => Application,
  ) {
    const { time, network, judge, swarm, sabotage } = world
    this.#world = world
    this.id = id
    this.host = name
    this.address = address
    this.habits = swarm.habits
    this.chance = world.chance.stream(id)
    this.clock = new HostClock(time, swarm.grainMs)
    this.ledger = new LifeLedger(judge, name, () => time.now(), 4 * swarm.grainMs + 100)
    this.#gauge = new FloodGauge(judge, name, swarm.limits)
    this.transports = network.host(address, () => !this.isOver)
    this.#engine = this.#makeEngine(sabotage)
    this.#application = application(this)
    this.#engine.onEvent(event => this.#told(event))
    void this.#engine.start()
  }

  request(parts: RequestParts): Ordered<Sent> {
    const done = this.#order(parts.method, () => this.#engine.request(parts))
    this.ledger.ordered(parts, done)
    if (parts.method === 'BYE' && done.ok) {
      const callId = parts.dialog?.split(';')[0] ?? ''
      this.hungUp.add(callId)
      // It may leave later, or never.
      this.#world.calls.hungUp(this, callId)
    }
    return done
  }

  respond(transaction: string, parts: ResponseParts): Ordered<Responded> {
    const done = this.#order('respond', () => this.#engine.respond(transaction, parts))
    this.ledger.responded(transaction, parts, done)
    return done
  }

  cancel(transaction: string, callId: string): void {
    this.cancelled.add(callId)
    this.#order('CANCEL', () => this.#engine.cancel(transaction))
  }

  /** False when it cannot leave now, because the connection is gone. */
  ack(dialog: string): boolean {
    const done = this.#order('ACK', () => this.#engine.ack(dialog))
    const isStuck = !done.ok && done.refusal === 'flow-closed'
    if (isStuck) this.excused.add(dialog.split(';')[0] ?? '')
    return !isStuck
  }

  /** A connection of ours to `address`; undefined when nobody is there. */
  connect(address: string, transport: Transport): string | undefined {
    return this.transports.connect(address, transport)
  }

  /** Runs `task` after `ms` unless the host has died by then. */
  later(ms: number, task: () => void): void {
    this.#world.time.after(ms, () => {
      if (!this.isOver) task()
    })
  }

  /** Whether the request that `message` answers belongs to a call that our application has up. */
  hasCall({ callId, fromTag, toTag }: WireMessage): boolean {
    const asUas = this.ledger.dialogs.get(`${callId};from-tag=${fromTag}`)
    if (asUas?.isOver === false && asUas.localTag === toTag) return true
    const asUac = this.ledger.dialogs.get(`${callId};from-tag=${toTag}`)
    return asUac?.isOver === false && asUac.remoteTag === fromTag
  }

  /** Whether any call is up. */
  isInCall(): boolean {
    for (const { isOver } of this.ledger.dialogs.values()) if (!isOver) return true
    return false
  }

  stats(): EngineStats {
    return this.#engine.stats()
  }

  finish(): void {
    this.isFinishing = true
    this.#application.finish()
  }

  kill(): void {
    this.isOver = true
    this.clock.kill()
  }

  #makeEngine({ transports, engine, options }: Sabotage): TestedEngine {
    const { swarm } = this.#world
    const given: EngineOptions = {
      transports: transports?.(this.transports, this.host) ?? this.transports,
      clock: this.clock,
      random: bytes => this.chance.hex(bytes),
      log: this.#log(),
      limits: swarm.limits,
      newFlow: swarm.newFlow,
      sessionExpiresSec: swarm.sessionSec,
    }
    const made = createEngine(options?.(given, this.host) ?? given)
    return engine?.(made, this.host) ?? made
  }

  /** The engine survives its own faults and writes them down; here they count. */
  #log(): Log {
    return {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (event, fields) => this.#fault(`${event} ${JSON.stringify(fields)}`),
      with: () => this.#log(),
    }
  }

  #order<T>(what: string, carryOut: () => T): T {
    const before = this.ordering
    this.ordering = what
    const done = carryOut()
    this.ordering = before
    return done
  }

  #told(event: EngineEvent): void {
    if (this.isOver) return this.#fault('an engine spoke after its end')
    this.ledger.told(event)
    if (event.kind === 'dialog-ended') this.#world.calls.ended(this, event)
    this.#gauge.told(event, this.clock.now(), this.#engine.stats())
    try {
      this.#application.onEvent(event)
    } catch (thrown) {
      this.#fault(`the application threw: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
    }
  }

  #fault(text: string): void {
    this.#world.judge.violate('fault', `${this.host}: ${text}`)
  }
}

function ignore(): void {
  // Only errors count.
}
