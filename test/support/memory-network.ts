import type { Clock } from '../../runtime/clock.ts'
import type { ListenerAddress, Source, Transport } from '../../engine/api.ts'
import type { Target, TransportEvent, Transports } from '../../engine/transport/transport.ts'

/** One message on its way. `drop` is asked before it is delivered. */
export interface Packet {
  readonly from: string
  readonly text: string
  readonly bytes: Buffer
}

/** Hosts that talk over a clock instead of sockets: datagrams to `transport host:port`, connections made by `connect`. */
export class MemoryNetwork {
  readonly packets: Packet[] = []
  readonly #watchers: ((packet: Packet) => void)[] = []
  readonly #strangers = new Map<string, (bytes: Buffer) => void>()
  /** Loses what it says true to. */
  drop: (packet: Packet) => boolean = () => false
  readonly #clock: Clock
  readonly #latencyMs: number
  readonly #hosts = new Map<string, MemoryTransports>()
  #flows = 0

  constructor(clock: Clock, latencyMs = 5) {
    this.#clock = clock
    this.#latencyMs = latencyMs
  }

  /** The transports of a host that listens at port 5060 of `address` on UDP, and at 8443 for connections of `stream`. */
  host(address: string, stream: Transport = 'wss'): MemoryTransports {
    const transports = new MemoryTransports(this, address, [
      listenerAt(address, 'udp', 5060),
      listenerAt(address, stream, 8443),
    ])
    this.#hosts.set(address, transports)
    return transports
  }

  /** Opens a connection; the ids of its two ends. */
  connect(
    client: MemoryTransports,
    server: MemoryTransports,
  ): { readonly client: string; readonly server: string } {
    const n = ++this.#flows
    const ends = { client: `c${n}`, server: `s${n}` }
    client.open(ends.client, { peer: server, flow: ends.server, port: 40_000 + n })
    server.open(ends.server, { peer: client, flow: ends.client, port: 8443 })
    return ends
  }

  /** Puts a datagram on the way as if a host at `address` had sent it. */
  datagram(address: string, port: number, to: MemoryTransports, bytes: Buffer): void {
    const source: Source = { transport: 'udp', address, port, listener: 'test' }
    this.carry(address, bytes, () => to.receive({ kind: 'message', bytes, source }))
  }

  /** Gives `take` the datagrams to an address where no host is. */
  watchDatagramsTo(address: string, take: (bytes: Buffer) => void): void {
    this.#strangers.set(address, take)
  }

  /** A datagram to an address where no host is; without a watcher it is lost without a word. */
  datagramToStranger(from: string, address: string, bytes: Buffer): void {
    this.carry(from, bytes, () => this.#strangers.get(address)?.(bytes))
  }

  carry(from: string, bytes: Buffer, deliver: () => void): void {
    const packet = { from, text: bytes.toString(), bytes }
    this.packets.push(packet)
    for (const watcher of this.#watchers) watcher(packet)
    if (!this.drop(packet)) this.#clock.after(this.#latencyMs, deliver)
  }

  hostAt(address: string): MemoryTransports | undefined {
    return this.#hosts.get(address)
  }

  /** Shows every packet from now on, lost ones too. */
  watch(watcher: (packet: Packet) => void): void {
    this.#watchers.push(watcher)
  }

  /** What happens a moment from now. */
  soon(task: () => void): void {
    this.#clock.after(this.#latencyMs, task)
  }
}

interface FlowEnd {
  readonly peer: MemoryTransports
  /** The same connection, as the peer calls it. */
  readonly flow: string
  /** Ours, as the peer sees it. */
  readonly port: number
}

/** `Transports` of one host of a `MemoryNetwork`. */
export class MemoryTransports implements Transports {
  readonly address: string
  readonly #network: MemoryNetwork
  readonly #listeners: readonly ListenerAddress[]
  readonly #flows = new Map<string, FlowEnd>()
  #receiver: ((event: TransportEvent) => void) | undefined

  constructor(network: MemoryNetwork, address: string, listeners: readonly ListenerAddress[]) {
    this.#network = network
    this.address = address
    this.#listeners = listeners
  }

  start(receive: (event: TransportEvent) => void): Promise<void> {
    this.#receiver = receive
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#receiver = undefined
    return Promise.resolve()
  }

  listeners(): readonly ListenerAddress[] {
    return this.#listeners
  }

  route(target: Target): ListenerAddress | undefined {
    if ('flow' in target) return this.#flows.has(target.flow) ? this.#listeners[1] : undefined
    return this.#listeners.find(
      ({ transport, name }) => transport === target.transport && (target.listener ?? name) === name,
    )
  }

  send(bytes: Buffer, target: Target, failed: (reason: string) => void): void {
    if (!('flow' in target)) return this.#sendTo(bytes, target, failed)
    const end = this.#flows.get(target.flow)
    if (end === undefined) return failed('closed')
    const source: Source = {
      transport: this.#listeners[1]?.transport ?? 'wss',
      address: this.address,
      port: end.port,
      flow: end.flow,
      listener: 'test',
    }
    this.#network.carry(this.address, bytes, () => end.peer.receive({ kind: 'message', bytes, source }))
  }

  closeFlow(flow: string): void {
    const end = this.#flows.get(flow)
    if (end === undefined) return
    this.#close(flow)
    end.peer.#close(end.flow)
  }

  open(flow: string, end: FlowEnd): void {
    this.#flows.set(flow, end)
  }

  receive(event: TransportEvent): void {
    this.#receiver?.(event)
  }

  #sendTo(bytes: Buffer, target: Exclude<Target, { flow: string }>, failed: (reason: string) => void): void {
    const host = this.#network.hostAt(target.host)
    if (target.transport !== 'udp') return failed('refused')
    if (host === undefined) return this.#network.datagramToStranger(this.address, target.host, bytes)
    this.#network.datagram(this.address, 5060, host, bytes)
  }

  #close(flow: string): void {
    this.#flows.delete(flow)
    this.#network.soon(() => this.receive({ kind: 'flow-closed', flow }))
  }
}

function listenerAt(host: string, transport: Transport, port: number): ListenerAddress {
  return { name: 'test', transport, bound: { host, port }, advertised: { host, port } }
}
