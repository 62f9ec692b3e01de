import type { ListenerAddress, Source, Transport } from '../../engine/api.ts'
import type { Target, TransportEvent, Transports } from '../../engine/transport/transport.ts'
import type { Chance } from './chance.ts'
import type { NetworkFaults } from './swarm.ts'
import type { VirtualTime } from './virtual-time.ts'
import { readWire, type WireMessage } from './wire-message.ts'

/** One message on its way. */
export interface Packet {
  readonly from: string
  readonly to: string
  readonly transport: Transport
  readonly bytes: Buffer
  /** One character for each byte. */
  readonly text: string
  readonly message: WireMessage
}

/** What became of a packet at the moment it was sent. */
export type Fate = 'goes' | 'lost' | 'twice' | 'nobody'

/** Who is told of everything that happens on the wire. */
export interface WireWatcher {
  sent(packet: Packet, fate: Fate): void
  /** Called right before the host takes it in. */
  arrived(packet: Packet, host: SimTransports): void
}

/** Somebody without an engine. */
export interface RawReceiver {
  receive(packet: Packet): void
}

/** Whether two hosts can hear each other now. */
type Wall = (a: string, b: string) => boolean

/**
 * A network in memory that loses, doubles, delays and reorders datagrams and cuts connections, all drawn from one stream of
 * chance. Connections keep order and lose nothing until they are cut; a host that has crashed is a silence that is noticed later.
 */
export class SimNetwork {
  readonly time: VirtualTime
  readonly #chance: Chance
  readonly #watcher: WireWatcher
  readonly #hosts = new Map<string, SimTransports>()
  readonly #raw = new Map<string, RawReceiver>()
  readonly #connections = new Set<Connection>()
  #faults: NetworkFaults
  #isCut: Wall = () => false
  #flows = 0

  constructor(time: VirtualTime, chance: Chance, faults: NetworkFaults, watcher: WireWatcher) {
    this.time = time
    this.#chance = chance
    this.#faults = faults
    this.#watcher = watcher
  }

  /** The transports of a host that is switched on now; one at the same address before it is gone. */
  host(address: string, isAlive: () => boolean): SimTransports {
    const transports = new SimTransports(this, address, isAlive)
    this.#hosts.set(address, transports)
    return transports
  }

  raw(address: string, receiver: RawReceiver): void {
    this.#raw.set(address, receiver)
  }

  /** From now on nothing goes wrong any more. */
  heal(): void {
    const none = { loss: 0, duplicate: 0, reorder: 0, partitionEveryMs: 0, cutEveryMs: 0, crashEveryMs: 0 }
    this.#faults = { ...this.#faults, ...none }
    this.#isCut = () => false
  }

  part(isCut: Wall): void {
    this.#isCut = isCut
  }

  /** A datagram from an engine or from somebody raw. */
  datagram(from: string, port: number, to: string, bytes: Buffer): void {
    const packet = packetOf(from, to, 'udp', bytes)
    const fate = this.#fateOf(from, to)
    this.#watcher.sent(packet, fate)
    if (fate === 'lost' || fate === 'nobody') return
    const source: Source = { transport: 'udp', address: from, port, listener: 'net' }
    this.#later(() => this.#deliver(packet, source))
    if (fate === 'twice') this.#later(() => this.#deliver(packet, source))
  }

  /** Opens a connection from `client`; undefined when nobody listens there. */
  connect(client: SimTransports, to: string, transport: Transport): Connection | undefined {
    const server = this.#hosts.get(to)
    if (server === undefined || !server.isAlive() || this.#isCut(client.address, to)) return undefined
    const n = ++this.#flows
    const clientPort = 20_000 + n
    const port = transport === 'tcp' ? 5060 : 8443
    const connection: Connection = {
      transport,
      client: { host: client, flow: `c${n}`, port: clientPort, lastAt: 0 },
      server: { host: server, flow: `s${n}`, port, lastAt: 0 },
      isOpen: true,
    }
    this.#connections.add(connection)
    client.opened(connection, 'client')
    server.opened(connection, 'server')
    return connection
  }

  /** Puts a message on a connection. */
  carry(connection: Connection, side: 'client' | 'server', bytes: Buffer): void {
    const from = connection[side]
    const to = connection[side === 'client' ? 'server' : 'client']
    const packet = packetOf(from.host.address, to.host.address, connection.transport, bytes)
    this.#watcher.sent(packet, connection.isOpen ? 'goes' : 'lost')
    const source: Source = {
      transport: connection.transport,
      address: from.host.address,
      port: from.port,
      flow: to.flow,
      listener: 'net',
    }
    // Order is kept: nothing arrives before what was sent earlier.
    to.lastAt = Math.max(to.lastAt, this.time.now() + this.#latency())
    this.time.after(to.lastAt - this.time.now(), () => {
      if (connection.isOpen && to.host.isAlive()) this.#arrive(packet, to.host, source)
    })
  }

  /** A message that could not even leave. */
  unsent(from: string, target: Target, bytes: Buffer): void {
    const to = 'flow' in target ? target.flow : target.host
    this.#watcher.sent(packetOf(from, to, 'flow' in target ? 'wss' : target.transport, bytes), 'nobody')
  }

  /** Ends a connection; each side notices in its own time, `withinMs` at most. */
  cut(connection: Connection, withinMs: number): void {
    if (!connection.isOpen) return
    connection.isOpen = false
    this.#connections.delete(connection)
    for (const { host, flow } of [connection.client, connection.server]) {
      this.time.after(this.#chance.between(0, withinMs), () => host.closed(flow))
    }
  }

  connections(): readonly Connection[] {
    return [...this.#connections]
  }

  #fateOf(from: string, to: string): Fate {
    const { loss, duplicate } = this.#faults
    if (!this.#raw.has(to) && this.#hosts.get(to)?.isAlive() !== true) return 'nobody'
    if (this.#isCut(from, to) || this.#chance.is(loss)) return 'lost'
    return this.#chance.is(duplicate) ? 'twice' : 'goes'
  }

  #later(deliver: () => void): void {
    const { reorder, reorderMs } = this.#faults
    const extra = this.#chance.is(reorder) ? this.#chance.between(0, reorderMs) : 0
    this.time.after(this.#latency() + extra, deliver)
  }

  #latency(): number {
    const [least, most] = this.#faults.latencyMs
    return this.#chance.between(least, most)
  }

  #deliver(packet: Packet, source: Source): void {
    const raw = this.#raw.get(packet.to)
    if (raw !== undefined) return raw.receive(packet)
    const host = this.#hosts.get(packet.to)
    if (host?.isAlive() === true) this.#arrive(packet, host, source)
  }

  #arrive(packet: Packet, host: SimTransports, source: Source): void {
    this.#watcher.arrived(packet, host)
    host.receive({ kind: 'message', bytes: packet.bytes, source })
  }
}

/** One stream connection and its two ends. */
export interface Connection {
  readonly transport: Transport
  readonly client: End
  readonly server: End
  isOpen: boolean
}

interface End {
  readonly host: SimTransports
  /** The connection as this end calls it. */
  readonly flow: string
  readonly port: number
  /** When the last message to this end arrives. */
  lastAt: number
}

/** `Transports` of one life of one host: UDP and TCP at 5060, WSS at 8443. */
export class SimTransports implements Transports {
  readonly address: string
  readonly isAlive: () => boolean
  readonly #network: SimNetwork
  readonly #listeners: readonly ListenerAddress[]
  readonly #flows = new Map<string, { readonly connection: Connection; readonly side: 'client' | 'server' }>()
  #receiver: ((event: TransportEvent) => void) | undefined

  constructor(network: SimNetwork, address: string, isAlive: () => boolean) {
    this.#network = network
    this.address = address
    this.isAlive = isAlive
    this.#listeners = [
      listenerAt(address, 'udp', 5060),
      listenerAt(address, 'tcp', 5060),
      listenerAt(address, 'wss', 8443),
    ]
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
    const transport = 'flow' in target ? this.#flows.get(target.flow)?.connection.transport : target.transport
    return this.#listeners.find(listener => listener.transport === transport)
  }

  send(bytes: Buffer, target: Target, failed: (reason: string) => void): void {
    if (!this.isAlive()) return
    if (!('flow' in target) && target.transport === 'udp') {
      return this.#network.datagram(this.address, 5060, target.host, bytes)
    }
    const end = 'flow' in target ? this.#flows.get(target.flow) : this.#endTo(target.host, target.transport)
    if (end !== undefined) return this.#network.carry(end.connection, end.side, bytes)
    this.#network.unsent(this.address, target, bytes)
    this.#soon(() => failed('unreachable'))
  }

  closeFlow(flow: string): void {
    const end = this.#flows.get(flow)
    if (end !== undefined) this.#network.cut(end.connection, 20)
  }

  /** A connection to `host` that this host opens; the flow's id. */
  connect(host: string, transport: Transport): string | undefined {
    return this.#network.connect(this, host, transport)?.client.flow
  }

  opened(connection: Connection, side: 'client' | 'server'): void {
    this.#flows.set(connection[side].flow, { connection, side })
  }

  closed(flow: string): void {
    if (!this.#flows.delete(flow) || !this.isAlive()) return
    this.receive({ kind: 'flow-closed', flow })
  }

  receive(event: TransportEvent): void {
    this.#receiver?.(event)
  }

  #endTo(
    host: string,
    transport: Transport,
  ): { readonly connection: Connection; readonly side: 'client' | 'server' } | undefined {
    if (transport !== 'tcp') return undefined
    for (const end of this.#flows.values()) {
      const { connection, side } = end
      if (side === 'client' && connection.transport === 'tcp' && connection.server.host.address === host)
        return end
    }
    const connection = this.#network.connect(this, host, 'tcp')
    return connection && { connection, side: 'client' }
  }

  #soon(task: () => void): void {
    this.#network.time.after(1, () => {
      if (this.isAlive()) task()
    })
  }
}

function packetOf(from: string, to: string, transport: Transport, bytes: Buffer): Packet {
  const text = bytes.toString('latin1')
  return { from, to, transport, bytes, text, message: readWire(text) }
}

function listenerAt(host: string, transport: Transport, port: number): ListenerAddress {
  return { name: 'net', transport, bound: { host, port }, advertised: { host, port } }
}
