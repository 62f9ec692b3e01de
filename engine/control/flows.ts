import type { Source } from '../api.ts'

/** An open connection of a peer, as an application addresses it: by the peer's address and port. */
export interface Flow {
  readonly id: string
  readonly transport: Source['transport']
  readonly listener: string
}

/** The connections over which requests came. Applications name a connection by `sip:<address>:<port>;transport=…`. */
export class Flows {
  readonly #byPeer = new Map<string, Flow>()
  readonly #peers = new Map<string, string>()

  seen(source: Source): void {
    if (source.flow === undefined || this.#peers.has(source.flow)) return
    const peer = `${source.address}:${source.port}`
    this.#byPeer.set(peer, { id: source.flow, transport: source.transport, listener: source.listener })
    this.#peers.set(source.flow, peer)
  }

  closed(flow: string): void {
    const peer = this.#peers.get(flow)
    if (peer === undefined) return
    this.#peers.delete(flow)
    // The peer's port may already be in use by its next connection.
    if (this.#byPeer.get(peer)?.id === flow) this.#byPeer.delete(peer)
  }

  at(address: string, port: number): Flow | undefined {
    return this.#byPeer.get(`${address}:${port}`)
  }
}
