import type { Log } from '../../../runtime/log.ts'
import { writeHostPort } from '../../../engine/message/host.ts'
import type { TransportEvent, Transports } from '../../../engine/transport/transport.ts'
import type { Origin } from '../../ports.ts'
import { RelayLeg, type AgentSource } from './relay-leg.ts'
import { towardsBrowser, towardsServer } from './relay-via.ts'

/** How agents reach a drachtio-server that itself never faces the internet. */
export interface RelayOptions {
  /** Holds the listener for agents (wss) and nothing else; the relay starts and stops it. */
  readonly transports: Transports
  /** The public endpoint, as Contact and Via tell it to agents. */
  readonly face: { readonly host: string; readonly port: number }
  /** The `ws` listener of the drachtio-server; default: the first one in the list that the server gives. */
  readonly upstream?: Upstream
  readonly limits?: Partial<RelayLimits>
}

/** Address of a `ws` listener. */
export interface Upstream {
  readonly host: string
  readonly port: number
}

/** Numbers that bound what one agent can make the relay hold. */
export interface RelayLimits {
  /** Bytes from the agent that may wait until its loopback connection is open. */
  readonly waitingBytes: number
  readonly connectMs: number
  /** Bytes of one message of the server. */
  readonly messageBytes: number
}

const relayDefaults: RelayLimits = { waitingBytes: 131_072, connectMs: 5000, messageBytes: 65_536 }

/**
 * Gives every agent's connection a loopback connection of its own to the drachtio-server. The port of that connection
 * tells which agent a request came from, and is the next hop that leads back to it.
 */
export class AgentRelay {
  readonly #transports: Transports
  readonly #face: string
  readonly #limits: RelayLimits
  readonly #log: Log
  readonly #byFlow = new Map<string, RelayLeg>()
  readonly #byPort = new Map<number, RelayLeg>()
  #upstream: Upstream | undefined
  #closed: (flow: string) => void = () => undefined

  constructor({ transports, face, limits }: RelayOptions, log: Log) {
    this.#transports = transports
    this.#face = writeHostPort(face)
    this.#limits = { ...relayDefaults, ...limits }
    this.#log = log
  }

  /** The Contact that agents are told; RFC 7118 §5.5: `ws` stands for both WebSocket transports. */
  get contact(): string {
    return `<sip:${this.#face};transport=ws>`
  }

  /** Opens the listener; `closed` hears of every agent's connection that ended. */
  async start(upstream: Upstream, closed: (flow: string) => void): Promise<void> {
    this.#upstream = upstream
    this.#closed = closed
    await this.#transports.start(event => this.#fromAgents(event))
  }

  async stop(): Promise<void> {
    this.#closed = () => undefined
    for (const leg of this.#byFlow.values()) leg.close()
    await this.#transports.stop()
  }

  /**
   * The agent behind a request that the server received from that port of ours. The transport as well as the address counts: a carrier on
   * this machine may have the same port, over UDP or at another address of the loopback.
   */
  originAt(protocol: string, address: string, port: number): Origin | undefined {
    const leg = this.#byPort.get(port)
    if (leg === undefined || protocol === 'udp' || address !== leg.localAddress) return undefined
    const { transport, address: agentAddress, port: agentPort, flow } = leg.source
    return { transport, address: agentAddress, port: agentPort, flow }
  }

  /**
   * Calls back once, at once if it can, with the next hop that leads the server to an agent; undefined when its connection is closed. A
   * connection that another door holds gets a loopback connection here when it is first asked for.
   */
  nextHop(flow: string, then: (hop: string | undefined) => void): void {
    const leg = this.#byFlow.get(flow) ?? this.#legTo(flow)
    if (leg === undefined) return then(undefined)
    leg.whenOpen(port => then(port === undefined ? undefined : `sip:127.0.0.1:${port};transport=ws`))
  }

  close(flow: string): void {
    if (this.#byFlow.has(flow)) this.#transports.closeFlow(flow)
  }

  #fromAgents(event: TransportEvent): void {
    if (event.kind === 'flow-closed') return this.#agentGone(event.flow)
    const { source, bytes } = event
    if (source.flow === undefined) return
    const agent = { ...source, flow: source.flow }
    const leg = this.#byFlow.get(agent.flow) ?? this.#newLeg(agent)
    if (leg === undefined) return
    leg.source = agent
    leg.send(towardsServer(bytes, leg.sentBy))
  }

  #legTo(flow: string): RelayLeg | undefined {
    const listener = this.#transports.route({ flow })
    if (listener === undefined) return undefined
    return this.#newLeg({
      transport: listener.transport,
      address: '',
      port: 0,
      flow,
      listener: listener.name,
    })
  }

  #newLeg(source: AgentSource): RelayLeg | undefined {
    if (this.#upstream === undefined) return undefined
    const { flow } = source
    const leg = new RelayLeg({
      source,
      upstream: this.#upstream,
      limits: this.#limits,
      opened: opened => this.#byPort.set(opened.localPort, opened),
      receive: (from, message) => this.#fromServer(from, message),
      ended: why => {
        this.#log.warn('relay.server-closed', { address: leg.source.address, port: leg.source.port, why })
        this.#forget(leg)
        this.#transports.closeFlow(flow)
      },
    })
    this.#byFlow.set(flow, leg)
    return leg
  }

  #fromServer(leg: RelayLeg, bytes: Buffer): void {
    const { flow, transport } = leg.source
    const { message, sentBy } = towardsBrowser(bytes, `SIP/2.0/${transport.toUpperCase()} ${this.#face}`)
    if (sentBy !== undefined) leg.sentBy = sentBy
    this.#transports.send(message, { flow }, reason =>
      this.#log.info('relay.agent-unreachable', { flow, reason }),
    )
  }

  #agentGone(flow: string): void {
    const leg = this.#byFlow.get(flow)
    if (leg !== undefined) this.#forget(leg)
    leg?.close()
    this.#closed(flow)
  }

  #forget(leg: RelayLeg): void {
    this.#byFlow.delete(leg.source.flow)
    if (this.#byPort.get(leg.localPort) === leg) this.#byPort.delete(leg.localPort)
  }
}
