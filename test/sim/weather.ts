import type { Chance } from './chance.ts'
import type { Host } from './host.ts'
import type { Judge } from './judge.ts'
import type { SimNetwork } from './network.ts'
import type { NetworkFaults } from './swarm.ts'
import type { Trace } from './trace.ts'

/** What the weather falls on. */
export interface Exposed {
  readonly hosts: readonly Host[]
  readonly network: SimNetwork
  readonly judge: Judge
  readonly trace: Trace
  readonly chance: Chance
  readonly faults: NetworkFaults
}

/** Lets partitions, cut connections and crashes happen until it is stopped; then everything is up again. */
export class Weather {
  readonly #on: Exposed
  #isStopped = false

  constructor(on: Exposed) {
    this.#on = on
    const { partitionEveryMs, cutEveryMs, crashEveryMs } = on.faults
    this.#every(partitionEveryMs, () => this.#part())
    this.#every(cutEveryMs, () => this.#cut())
    this.#every(crashEveryMs, () => this.#crash())
  }

  stop(): void {
    this.#isStopped = true
    this.#on.network.heal()
    for (const host of this.#on.hosts) if (host.life === undefined) host.start()
  }

  #every(meanMs: number, task: () => void): void {
    if (meanMs === 0) return
    this.#on.network.time.after(this.#on.chance.wait(meanMs), () => {
      if (this.#isStopped) return
      task()
      this.#every(meanMs, task)
    })
  }

  #part(): void {
    const { hosts, network, chance, trace } = this.#on
    const lonely = chance.pick(hosts)
    trace.note(`${lonely.name} is cut off`)
    network.part((a, b) => a === lonely.address || b === lonely.address)
    network.time.after(chance.between(500, 45_000), () => {
      if (!this.#isStopped) network.part(() => false)
    })
  }

  #cut(): void {
    const { network, chance, trace } = this.#on
    const connections = network.connections()
    if (connections.length === 0) return
    const connection = chance.pick(connections)
    trace.note(`the connection of ${connection.client.host.address} is cut`)
    network.cut(connection, chance.pick([50, 2000, 30_000]))
  }

  #crash(): void {
    const { hosts, network, chance, judge, trace } = this.#on
    const host = chance.pick(hosts)
    if (host.life === undefined) return
    if (host.life.isInCall()) judge.point('crash-in-call')
    trace.note(`${host.name} crashes`)
    host.crash(chance.pick([50, 20_000]))
    network.time.after(chance.between(50, 40_000), () => {
      if (this.#isStopped) return
      trace.note(`${host.name} starts again`)
      host.start()
    })
  }
}
