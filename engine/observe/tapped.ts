import type { ListenerAddress, Source, Transport } from '../api.ts'
import type { Target, TransportEvent, Transports } from '../transport/transport.ts'

/** One end of a message's way. */
export interface End {
  readonly host: string
  readonly port: number
}

/** A message as it came in or went out. */
export interface Passage {
  readonly direction: 'in' | 'out'
  readonly bytes: Buffer
  readonly transport: Transport
  /** Ours. */
  readonly local: End
  /** The other's. */
  readonly peer: End
}

/** Sees every message; it must neither throw nor keep the caller waiting. */
export type Tap = (passage: Passage) => void

/**
 * The same transports, with every message shown to `taps`. Bytes are shown as they are: nothing is copied. `stopped` is called
 * when they have been stopped.
 */
export function tapped(transports: Transports, taps: readonly Tap[], stopped = nothing): Transports {
  return new TappedTransports(transports, taps, stopped)
}

function nothing(): void {
  // Most taps hold nothing that would have to be given back.
}

class TappedTransports implements Transports {
  readonly #inner: Transports
  readonly #taps: readonly Tap[]
  readonly #stopped: () => void
  /** Where the open connections lead, as far as they were heard. */
  readonly #flows = new Map<string, Source>()
  /** Our listeners, once they are open. */
  #ours: readonly ListenerAddress[] = []

  constructor(inner: Transports, taps: readonly Tap[], stopped: () => void) {
    this.#inner = inner
    this.#taps = taps
    this.#stopped = stopped
  }

  async start(receive: (event: TransportEvent) => void): Promise<void> {
    await this.#inner.start(event => {
      if (event.kind === 'flow-closed') this.#flows.delete(event.flow)
      else this.#came(event.bytes, event.source)
      receive(event)
    })
    this.#ours = this.#inner.listeners()
  }

  async stop(): Promise<void> {
    await this.#inner.stop()
    this.#flows.clear()
    this.#ours = []
    this.#stopped()
  }

  listeners(): readonly ListenerAddress[] {
    return this.#inner.listeners()
  }

  route(target: Target): ListenerAddress | undefined {
    return this.#inner.route(target)
  }

  send(bytes: Buffer, target: Target, failed: (reason: string) => void): void {
    const peer = 'flow' in target ? this.#flows.get(target.flow) : target
    if (peer !== undefined) this.#goes(bytes, peer)
    this.#inner.send(bytes, target, failed)
  }

  closeFlow(flow: string): void {
    this.#inner.closeFlow(flow)
  }

  #came(bytes: Buffer, source: Source): void {
    const { flow, transport, address, port, listener } = source
    if (flow !== undefined && !this.#flows.has(flow)) this.#flows.set(flow, source)
    this.#show({
      direction: 'in',
      bytes,
      transport,
      local: this.#local(listener, transport),
      peer: { host: address, port },
    })
  }

  #goes(bytes: Buffer, to: Source | Exclude<Target, { readonly flow: string }>): void {
    const { transport, port, listener } = to
    const host = 'address' in to ? to.address : to.host
    this.#show({
      direction: 'out',
      bytes,
      transport,
      local: this.#local(listener, transport),
      peer: { host, port },
    })
  }

  #show(passage: Passage): void {
    for (const tap of this.#taps) tap(passage)
  }

  #local(listener: string | undefined, transport: Transport): End {
    const isOurs = (ours: ListenerAddress): boolean =>
      ours.transport === transport && (listener === undefined || ours.name === listener)
    return this.#ours.find(isOurs)?.bound ?? nowhere
  }
}

const nowhere: End = { host: '', port: 0 }
