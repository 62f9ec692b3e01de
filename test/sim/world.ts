import { patience } from '../../engine/transaction/timers.ts'
import { flooderAddress, forkerAddress, isKnown, strangerAddress } from './addresses.ts'
import { CallRules } from './call-rules.ts'
import { Chance } from './chance.ts'
import { Flooder } from './flooder.ts'
import { Forker } from './forker.ts'
import { FrontDoor } from './front-door.ts'
import { Host, type Application, type Life, type Sabotage, type Surroundings } from './host.ts'
import { Judge, type Violation } from './judge.ts'
import { SimNetwork, type WireWatcher } from './network.ts'
import type { Point } from './points.ts'
import { Stranger } from './stranger.ts'
import { swarmOf, type Swarm } from './swarm.ts'
import { Trace } from './trace.ts'
import { UserAgent } from './user-agent.ts'
import { VirtualTime } from './virtual-time.ts'
import { Weather } from './weather.ts'
import { WireRules } from './wire-rules.ts'

/** How one world is run. */
export interface SimulationOptions {
  /** How long things may go wrong, in virtual minutes. */
  readonly minutes: number
  /** Default: that of the seed. */
  readonly swarm?: Swarm
  /** Keep the trace as text. */
  readonly keepsTrace?: boolean
  readonly sabotage?: Sabotage
}

/** What came of it. The same seed and options give the same `hash`, to the byte. */
export interface Outcome {
  readonly seed: number
  readonly hash: string
  readonly packets: number
  readonly violation: Violation | undefined
  readonly reached: ReadonlyMap<Point, number>
  /** Empty unless it was to be kept. */
  readonly trace: readonly string[]
}

/** Runs the world of `seed`: faults for `minutes`, then none, then rest; stops at the first violated invariant. */
export function simulate(seed: number, options: SimulationOptions): Outcome {
  const world = new World(seed, options)
  return world.run()
}

class World {
  readonly #seed: number
  readonly #options: SimulationOptions
  readonly #swarm: Swarm
  readonly #chance: Chance
  readonly #time = new VirtualTime()
  readonly #judge = new Judge(this.#time)
  readonly #trace: Trace
  readonly #calls: CallRules
  readonly #rules: WireRules
  readonly #network: SimNetwork
  readonly #hosts = new Map<string, Host>()

  constructor(seed: number, options: SimulationOptions) {
    this.#seed = seed
    this.#options = options
    this.#swarm = options.swarm ?? swarmOf(seed)
    this.#chance = new Chance(seed, 'world')
    const hostAt = (address: string): Host | undefined => this.#hosts.get(address)
    const nameOf = (address: string): string => hostAt(address)?.name ?? address
    this.#trace = new Trace(this.#time, nameOf, options.keepsTrace === true)
    const now = (): number => this.#time.now()
    this.#calls = new CallRules(this.#judge, now, this.#swarm.sessionSec * 1000)
    this.#rules = new WireRules({ judge: this.#judge, calls: this.#calls, now, hostAt })
    const { network } = this.#swarm
    this.#network = new SimNetwork(this.#time, this.#chance.stream('network'), network, this.#watcher())
  }

  run(): Outcome {
    this.#populate()
    const end = this.#options.minutes * 60_000
    const weather = new Weather({
      hosts: [...this.#hosts.values()],
      network: this.#network,
      judge: this.#judge,
      trace: this.#trace,
      chance: this.#chance.stream('weather'),
      faults: this.#swarm.network,
    })
    this.#disturb(end)
    this.#runTo(end)
    weather.stop()
    this.#trace.note('everything is well again, and everybody hangs up')
    for (const life of this.#lives()) life.finish()
    this.#rest(end)
    return {
      seed: this.#seed,
      hash: this.#trace.hash(),
      packets: this.#trace.packets,
      violation: this.#judge.violation,
      reached: this.#judge.reached,
      trace: this.#trace.lines,
    }
  }

  #watcher(): WireWatcher {
    return {
      sent: (packet, fate) => {
        this.#trace.sent(packet, fate)
        this.#rules.sent(packet, fate)
      },
      arrived: (packet, host) => {
        this.#trace.arrived(packet)
        this.#rules.arrived(packet, host)
      },
    }
  }

  #populate(): void {
    const { cast } = this.#swarm
    const servers = names('server', cast.servers)
    const agents = names('agent', cast.agents)
    const callees = [...servers, ...servers, ...agents, ...(cast.forker ? ['forker', 'forker'] : [])]
    const doors = names('door', cast.doors).map((_, at) => `10.0.0.${at + 1}`)
    for (const [at, address] of doors.entries()) {
      const next = doors[at + 1]
      const options = { routes: this.#routes(servers, next), isKnown, judge: this.#judge }
      this.#host(`door${at + 1}`, address, life => new FrontDoor(life, options))
    }
    for (const [at, user] of servers.entries()) {
      this.#phone(user, `10.0.1.${at + 1}`, {
        doors,
        callees: agents,
        transport: 'udp',
        share: 0.3 / servers.length,
      })
    }
    for (const [at, user] of agents.entries()) {
      const transport = this.#chance.is(cast.wss) ? 'wss' : this.#chance.is(cast.tcp) ? 'tcp' : 'udp'
      this.#phone(user, `10.0.2.${at + 1}`, { doors, callees, transport, share: 0.7 / agents.length })
    }
    if (cast.forker) {
      const forker = new Forker(this.#network, this.#chance.stream('forker'), forkerAddress)
      this.#network.raw(forkerAddress, forker)
    }
    for (const host of this.#hosts.values()) host.start()
  }

  /** Where a door sends calls: servers directly, or by way of the next door. */
  #routes(servers: readonly string[], nextDoor: string | undefined): ReadonlyMap<string, readonly string[]> {
    const all = servers.map((user, at) => {
      const host = nextDoor ?? `10.0.1.${at + 1}`
      const suffix = this.#chance.is(this.#swarm.cast.tcp) ? ';transport=tcp' : ''
      return `sip:${user}@${host}${suffix}`
    })
    const inTurn = (at: number): readonly string[] => [...all.slice(at), ...all.slice(0, at)].slice(0, 2)
    return new Map([
      ...servers.map((user, at) => [user, inTurn(at)] as const),
      ['forker', [`sip:forker@${forkerAddress}`]] as const,
    ])
  }

  #phone(
    user: string,
    address: string,
    {
      share,
      ...rest
    }: {
      readonly doors: readonly string[]
      readonly callees: readonly string[]
      readonly transport: 'udp' | 'tcp' | 'wss'
      /** Of all calls, those that it makes. */
      readonly share: number
    },
  ): void {
    const callEveryMs = 60_000 / (this.#swarm.habits.callsPerMinute * share)
    this.#host(
      user,
      address,
      life => new UserAgent(life, { user, ...rest, callEveryMs, isKnown, judge: this.#judge }),
    )
  }

  #host(name: string, address: string, application: (life: Life) => Application): void {
    const surroundings: Surroundings = {
      time: this.#time,
      network: this.#network,
      judge: this.#judge,
      calls: this.#calls,
      swarm: this.#swarm,
      chance: this.#chance,
      sabotage: this.#options.sabotage ?? {},
    }
    this.#hosts.set(address, new Host(surroundings, name, address, application))
  }

  /** Starts those who mean no good. */
  #disturb(end: number): void {
    const { cast } = this.#swarm
    const chance = this.#chance.stream('disturb')
    const addresses = [...this.#hosts.keys()]
    if (cast.flooder) {
      const flooder = new Flooder(this.#network, chance.stream('flooder'), flooderAddress)
      this.#network.raw(flooderAddress, flooder)
      this.#repeat(chance, 60_000, end, () => flooder.burst('10.0.0.1'))
    }
    if (cast.hostile) {
      const stranger = new Stranger(this.#network, chance.stream('stranger'), strangerAddress, addresses)
      this.#network.raw(strangerAddress, stranger)
      this.#repeat(chance, 4000, end, () => {
        const heard = this.#rules.lastInvite
        if (heard !== undefined) stranger.overhear(heard)
        stranger.attack(heard?.to ?? chance.pick(addresses))
      })
    }
  }

  #repeat(chance: Chance, meanMs: number, end: number, task: () => void): void {
    this.#time.after(chance.wait(meanMs), () => {
      if (this.#time.now() >= end) return
      task()
      this.#repeat(chance, meanMs, end, task)
    })
  }

  /** I1 and I3: 64·T1 after the last new request, and the time that slow applications take, nothing is left anywhere. */
  #rest(from: number): void {
    const slackMs = 5000 + this.#swarm.habits.slowMs + 2 * this.#swarm.network.latencyMs[1]
    for (let until = from + patience + slackMs; ; until = this.#rules.lastNewsAt + patience + slackMs) {
      if (until - from > 600_000)
        return this.#judge.violate('I3', 'ten minutes after the end there is no quiet')
      if (this.#time.now() >= until) break
      this.#runTo(until)
      if (this.#judge.violation !== undefined) return
    }
    for (const life of this.#lives()) {
      const { transactions, dialogs, legs, timers } = life.stats()
      if (transactions + dialogs + legs + timers + life.clock.pending > 0) {
        const left = `${transactions} transactions, ${dialogs} dialogs, ${legs} legs, ${timers} timers`
        this.#judge.violate('I3', `${life.host} still holds ${left}, ${life.clock.pending} clock timers`)
      }
      life.ledger.end()
    }
    this.#calls.end()
  }

  #runTo(end: number): void {
    if (this.#judge.violation === undefined) {
      this.#time.runTo(end, () => this.#judge.violation !== undefined)
    }
  }

  #lives(): readonly Life[] {
    return [...this.#hosts.values()].flatMap(({ life }) => (life === undefined ? [] : [life]))
  }
}

function names(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${kind}${at + 1}`)
}
