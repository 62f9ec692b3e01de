import type { Socket } from 'node:net'
import Srf from 'drachtio-srf'

/** What this edge uses of a drachtio-srf request; its own types leave most of it out. */
export interface SrfRequest {
  readonly method: string
  /** The text of the message. */
  readonly raw: string
  readonly source: 'network' | 'application'
  readonly source_address: string
  readonly source_port: number
  readonly protocol: string
  /** `<address>:<port>` of the listener that heard it, where the server tells. */
  readonly receivedOn?: string
  /** The connection to the server. */
  readonly socket: Pick<Socket, 'cork' | 'uncork'>
  readonly stackTxnId: string
  /** Empty outside dialogs. */
  readonly stackDialogId: string | undefined
  get(name: string): string | undefined
  on(event: 'cancel', told: (cancel: Pick<SrfRequest, 'get'>) => void): void
  on(event: 'update', told: (req: SrfRequest, res: SrfAnswer) => void): void
  on(event: 'response', told: (res: SrfResponse, ack: SrfAck) => void): void
  cancel(options: { headers: Record<string, string> }, done: (error: unknown) => void): void
}

/** What answers a request that came in. `send` throws when the status is none that drachtio-srf knows. */
export interface SrfAnswer {
  send(
    status: number,
    reason: string | undefined,
    options: { headers: Record<string, string>; body?: string },
    done: (error: unknown) => void,
  ): void
}

/** Acknowledges a 2xx, or by PRACK a reliable provisional response. */
export type SrfAck = (options?: { headers: Record<string, string>; body: string }) => void

/** A response to a request of ours. */
export interface SrfResponse {
  readonly status: number
  readonly raw: string
  readonly source_address: string
  readonly stackDialogId: string | undefined
}

/** A request to be sent; `uri` is `sip:placeholder` inside a dialog. */
export interface SrfOrder {
  method: string
  uri: string
  headers: Record<string, string>
  body?: string
  proxy?: string
  stackDialogId?: string
}

/** The low-level calls of drachtio-srf. */
export interface SrfAgent {
  use(handler: (req: SrfRequest, res: SrfAnswer) => void): void
  use(method: string, handler: (req: SrfRequest, res: SrfAnswer) => void): void
  on(
    event: 'connect',
    told: (error: unknown, hostports: string, version: string, local: string) => void,
  ): void
  on(event: 'error', told: (error: unknown) => void): void
  on(event: 'close', told: () => void): void
  connect(options: { host: string; port: number; secret: string; reconnect: { maxAttempts: number } }): void
  request(uri: string, order: SrfOrder, done: (error: unknown, req: SrfRequest) => void): void
  disconnect(): void
}

/** A fresh, unconnected drachtio-srf. */
export function createSrf(): SrfAgent {
  // eslint-disable-next-line typescript/no-unsafe-type-assertion -- the types of the library say less than it does
  return new Srf() as unknown as SrfAgent
}
