import { randomBytes } from 'node:crypto'
import { systemClock } from '../../runtime/clock.ts'
import type { ListenerAddress, Transport } from '../api.ts'
import { single, type Metrics } from '../observe/metrics.ts'
import { createAdmission } from './admission.ts'
import { transportCounts } from './counts.ts'
import { hearing } from './hearing.ts'
import { failLater, type Connection, type Context, type Failed, type Listener } from './context.ts'
import { createResolver, familyOf, type Resolver } from './resolver.ts'
import { openConnection, openTcp, openTls } from './tcp.ts'
import { transportDefaults, type Certificate, type TransportsOptions } from './transport-options.ts'
import type { ListenerOptions, Target, TransportEvent, Transports } from './transport.ts'
import { createTurnstile } from './turnstile.ts'
import { openUdp } from './udp.ts'
import { openWs, openWss } from './ws.ts'

/** `Transports` over real sockets. */
export interface SocketTransports extends Transports {
  /**
   * Replaces the certificate of every tls and wss listener; open connections stay. Throws `E_LISTEN` on a pair that cannot
   * be used, and then the old one stays.
   */
  setCertificate(certificate: Certificate): void
}

/** Every socket of one engine. Nothing is opened before `start`. */
export function createTransports(options: TransportsOptions): SocketTransports {
  return new SocketLayer(options)
}

type Address = Exclude<Target, { readonly flow: string }>

class SocketLayer implements SocketTransports {
  readonly #options: TransportsOptions
  readonly #context: Context
  readonly #resolver: Resolver
  readonly #flows = new Map<string, Connection>()
  readonly #byPeer = new Map<string, Connection>()
  #listeners: readonly Listener[] = []
  #receive: ((event: TransportEvent) => void) | undefined

  constructor(options: TransportsOptions) {
    this.#options = options
    this.#context = this.#createContext(options)
    this.#resolver = createResolver(this.#context.limits, this.#context.clock)
    if (options.metrics !== undefined) this.#show(options.metrics)
  }

  async start(receive: (event: TransportEvent) => void): Promise<void> {
    const opened: Listener[] = []
    this.#receive = receive
    try {
      for (const options of this.#options.listeners) opened.push(await open(options, this.#context))
    } catch (cause) {
      await Promise.all(opened.map(listener => listener.close()))
      throw cause
    }
    this.#listeners = opened
  }

  async stop(): Promise<void> {
    const listeners = this.#listeners
    this.#listeners = []
    this.#receive = undefined
    for (const connection of this.#flows.values()) connection.shutDown()
    await Promise.all(listeners.map(listener => listener.close()))
  }

  listeners(): readonly ListenerAddress[] {
    return this.#listeners.map(listener => listener.address)
  }

  route(target: Target): ListenerAddress | undefined {
    if (!('flow' in target)) return this.#listenerFor(target)?.address
    const source = this.#flows.get(target.flow)?.source
    return this.#listeners.find(
      ({ address }) => address.name === source?.listener && address.transport === source.transport,
    )?.address
  }

  send(bytes: Buffer, target: Target, failed: Failed): void {
    if (!('flow' in target)) {
      this.#sendTo(bytes, target, failed)
      return
    }
    const connection = this.#flows.get(target.flow)
    if (connection === undefined) failLater(failed, 'flow-closed')
    else connection.send(bytes, failed)
  }

  closeFlow(flow: string): void {
    this.#flows.get(flow)?.close()
  }

  setCertificate(certificate: Certificate): void {
    for (const listener of this.#listeners) listener.setCertificate?.(certificate)
  }

  #sendTo(bytes: Buffer, target: Address, failed: Failed): void {
    const listener = this.#listenerFor(target)
    if (listener === undefined) {
      failLater(failed, 'no-listener')
    } else if (familyOf(target.host) !== 0) {
      this.#sendToAddress(bytes, target, listener, failed, target.name)
    } else {
      this.#resolver.resolve(target.host, familyOfListener(listener), resolved => {
        if (resolved.ok) {
          this.#sendToAddress(bytes, { ...target, host: resolved.address }, listener, failed, target.host)
        } else failed(resolved.reason)
      })
    }
  }

  #sendToAddress(bytes: Buffer, target: Address, listener: Listener, failed: Failed, name?: string): void {
    if (listener.sendTo !== undefined) {
      listener.sendTo(bytes, target.host, target.port, failed)
      return
    }
    const connection = this.#connectionTo(target, listener, name)
    if (typeof connection === 'string') failLater(failed, connection)
    else connection.send(bytes, failed)
  }

  /** An open connection to the peer, else a new one; a string says why there is none. Only clients can open WebSockets. */
  #connectionTo({ transport, host, port }: Address, from: Listener, name?: string): Connection | string {
    const known = this.#byPeer.get(peerKey(transport, host, port, transport === 'tls' ? name : undefined))
    if (known?.isOpen() === true) return known
    if (transport !== 'tcp' && transport !== 'tls') return 'no-connection'
    if (this.#receive === undefined) return 'stopped'
    if (this.#flows.size >= this.#context.limits.connections) return 'too-many-connections'
    const to = { transport, address: host, port }
    return openConnection(name === undefined ? to : { ...to, name }, from, this.#context)
  }

  #listenerFor(target: Address): Listener | undefined {
    const family = familyOf(target.host)
    return this.#listeners.find(
      listener =>
        listener.address.transport === target.transport &&
        (target.listener === undefined || listener.address.name === target.listener) &&
        (family === 0 || family === familyOfListener(listener)),
    )
  }

  #createContext(options: TransportsOptions): Context {
    const limits = { ...transportDefaults.limits, ...options.limits }
    const clock = options.clock ?? systemClock
    const run = randomBytes(6).toString('base64url')
    let count = 0
    return {
      limits,
      ws: { ...transportDefaults.ws, ...options.ws },
      tlsClient: { ...transportDefaults.tlsClient, ...options.tlsClient },
      certificate: options.tls,
      clock,
      log: options.log,
      admission: createAdmission(limits, () => clock.now()),
      handshakes: createTurnstile(limits.handshakesPerTurn),
      counts: transportCounts(options.metrics),
      isOverloaded: options.isOverloaded ?? (() => false),
      ...hearing(options, limits, clock),
      nextFlow: () => `${run}-${(count += 1).toString(36)}`,
      receive: event => this.#receive?.(event),
      opened: connection => this.#opened(connection),
      closed: connection => this.#closed(connection),
    }
  }

  #show(metrics: Metrics): void {
    metrics.gauge('portico_flows', 'Open connections', ['transport'], () => {
      const counts = new Map<string, number>()
      for (const { source } of this.#flows.values()) {
        counts.set(source.transport, (counts.get(source.transport) ?? 0) + 1)
      }
      return [...counts].map(([transport, value]) => ({ labels: [transport], value }))
    })
    metrics.gauge('portico_flow_queue_bytes', 'Bytes that wait to be sent over connections', [], () => {
      let bytes = 0
      for (const connection of this.#flows.values()) bytes += connection.queued()
      return single(bytes)
    })
  }

  #opened(connection: Connection): void {
    this.#flows.set(connection.flow, connection)
    this.#byPeer.set(keyOf(connection), connection)
  }

  #closed(connection: Connection): void {
    this.#flows.delete(connection.flow)
    const key = keyOf(connection)
    if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key)
    this.#receive?.({ kind: 'flow-closed', flow: connection.flow })
  }
}

function open(options: ListenerOptions, context: Context): Promise<Listener> {
  switch (options.transport) {
    case 'udp':
      return openUdp(options, context)
    case 'tcp':
      return openTcp(options, context)
    case 'tls':
      return openTls(options, context)
    case 'ws':
      return openWs(options, context)
    case 'wss':
      return openWss(options, context)
  }
}

function familyOfListener(listener: Listener): 4 | 6 {
  return listener.address.bound.host.includes(':') ? 6 : 4
}

function keyOf({ source, verifiedName }: Connection): string {
  return peerKey(source.transport, source.address, source.port, verifiedName)
}

function peerKey(transport: Transport, address: string, port: number, verifiedName = ''): string {
  return `${transport} ${address} ${port} ${verifiedName}`
}
