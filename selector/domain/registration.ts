import type { MediaServer } from './media-server.ts'

/** What an Asterisk says of itself when it registers, and where it was heard from. */
export interface Claim {
  readonly id: string
  /** The address that it was heard from: what it claims as its own is not believed. */
  readonly host: string
  readonly sip: { readonly port: number; readonly transport: 'udp' | 'tcp' }
  readonly amiPort: number
  readonly capacity?: number
  readonly zone?: string
}

/** What a new server gets that it may not choose, or did not. */
export interface Admittance {
  readonly username: string
  readonly secret: string
  readonly capacity: number
  readonly zone: string
}

/** What a claim leads to. */
export type Admission =
  /** To be written over `over`, or as a new one. */
  | { readonly kind: 'changed'; readonly server: MediaServer; readonly over?: MediaServer }
  /** Nothing to be written. */
  | { readonly kind: 'known' }
  /** The id belongs to a server elsewhere, or another server is at that address. */
  | { readonly kind: 'refused'; readonly reason: 'id-taken' | 'address-taken' }

/**
 * Whether a claim is believed. `isAlive`: a registration of that id is valid now. What an operator wrote is never
 * changed, but for the address of a server that registered itself and the drain that its silence led to.
 */
export function admit(
  claim: Claim,
  servers: readonly MediaServer[],
  isAlive: boolean,
  given: Admittance,
): Admission {
  const { id, host, sip } = claim
  if (servers.some(other => other.id !== id && other.sip.host === host && other.sip.port === sip.port)) {
    return { kind: 'refused', reason: 'address-taken' }
  }
  const known = servers.find(server => server.id === id)
  if (!known) return { kind: 'changed', server: newServer(claim, given) }
  if (known.sip.host !== host && (known.registration === undefined || isAlive)) {
    return { kind: 'refused', reason: 'id-taken' }
  }
  if (known.registration === undefined) return { kind: 'known' }
  const server = renewed(known, claim)
  return JSON.stringify(server) === JSON.stringify(known)
    ? { kind: 'known' }
    : { kind: 'changed', server, over: known }
}

/** The server after its registration ran out; undefined when that changes nothing. */
export function lapsed(server: MediaServer): MediaServer | undefined {
  if (server.registration !== 'current' || server.wanted !== 'active') return undefined
  return { ...server, wanted: 'draining', registration: 'lapsed' }
}

function newServer({ id, host, sip, amiPort, ...own }: Claim, given: Admittance): MediaServer {
  return {
    id,
    sip: { host, ...sip },
    ami: { host, port: amiPort, username: given.username, secret: given.secret },
    capacity: own.capacity ?? given.capacity,
    zone: own.zone ?? given.zone,
    wanted: 'active',
    registration: 'current',
  }
}

function renewed(known: MediaServer, { host, sip, amiPort }: Claim): MediaServer {
  const address = { sip: { ...known.sip, host, ...sip }, ami: { ...known.ami, host, port: amiPort } }
  if (known.registration !== 'lapsed') return { ...known, ...address }
  return { ...known, ...address, wanted: 'active', registration: 'current' }
}
