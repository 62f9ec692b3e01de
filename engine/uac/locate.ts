import type { Transport } from '../api.ts'
import { defaultPorts, type Service } from '../dialog/next-hop.ts'

/** A NAPTR record (RFC 3403) with the `s` flag, as far as SIP uses it. */
export interface Naptr {
  readonly order: number
  readonly preference: number
  /** E.g. `SIP+D2U`. */
  readonly service: string
  /** The name whose SRV records are meant. */
  readonly replacement: string
}

/** An SRV record (RFC 2782). */
export interface Srv {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly name: string
}

/** Asks names; an answer with nothing in it and no answer are the same. Never rejects. */
export interface Names {
  /** Whether the machine's own table (`/etc/hosts`) knows the name; then no record is asked for. */
  isLocal(name: string): Promise<boolean>
  naptr(name: string): Promise<readonly Naptr[]>
  srv(name: string): Promise<readonly Srv[]>
  /** IPv4 and IPv6 addresses, best first; the machine's own table goes before DNS. */
  addresses(name: string): Promise<readonly string[]>
}

/** One server of a service, and how it stands to the others: `tier` first, then `priority`, then chance by `weight`. */
export interface Candidate {
  readonly tier: number
  readonly priority: number
  readonly weight: number
  readonly transport: Transport
  readonly port: number
  /** What a TLS certificate must be for (RFC 5922 §4): the name that was asked for, not what DNS made of it. */
  readonly name: string
  readonly addresses: readonly string[]
}

/** One address to try. */
export interface Place {
  readonly transport: Transport
  readonly host: string
  readonly port: number
  readonly name: string
}

/** Every server that a service has (RFC 3263 §4.1, §4.2), over the `usable` transports only. */
export async function candidates(
  service: Service,
  usable: readonly Transport[],
  names: Names,
): Promise<readonly Candidate[]> {
  const { host, port, secure, transport = secure ? 'tls' : 'udp' } = service
  // §4.2: a port, or a name that only this machine knows, leaves nothing to be asked but addresses.
  if (port !== undefined || (await names.isLocal(host))) {
    return atAddresses(service, transport, port ?? defaultPorts[transport], names)
  }
  const wanted = await offers(service, usable, names)
  const found = await Promise.all(wanted.map((offer, tier) => servers(service, offer, tier, names)))
  const all = found.flat()
  return all.length > 0 ? all : atAddresses(service, transport, defaultPorts[transport], names)
}

/** The places in the order in which they are to be tried (RFC 2782), at most `maxPlaces`. `chance` gives numbers from 0 to below 1. */
export function ordered(found: readonly Candidate[], chance: () => number): readonly Place[] {
  const ranks = [...new Set(found.map(rankOf))].toSorted((a, b) => a - b)
  return ranks
    .flatMap(rank =>
      drawn(
        found.filter(candidate => rankOf(candidate) === rank),
        chance,
      ),
    )
    .flatMap(({ transport, port, name, addresses }) =>
      addresses.map(host => ({ transport, host, port, name })),
    )
    .slice(0, maxPlaces)
}

/** One way of a service: an SRV name and the transport that it is for. */
interface Offer {
  readonly transport: Transport
  readonly name: string
}

async function offers(
  { host, secure, transport }: Service,
  usable: readonly Transport[],
  names: Names,
): Promise<readonly Offer[]> {
  if (transport !== undefined) return [{ transport, name: srvName(host, transport) }]
  const records = (await names.naptr(host)).slice(0, maxRecords)
  const stated = records
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ service, replacement }): readonly Offer[] => {
      const found = naptrServices.get(service.toUpperCase())
      if (found === undefined || !usable.includes(found) || (secure && found !== 'tls')) return []
      return [{ transport: found, name: replacement }]
    })
  if (stated.length > 0) return stated
  return (secure ? tlsOnly : byDefault)
    .filter(each => usable.includes(each))
    .map(each => ({ transport: each, name: srvName(host, each) }))
}

async function servers(
  { host }: Service,
  { transport, name }: Offer,
  tier: number,
  names: Names,
): Promise<readonly Candidate[]> {
  const records = (await names.srv(name)).slice(0, maxRecords)
  return Promise.all(
    records
      // RFC 2782: a single dot says that there is no such service.
      .filter(record => record.name !== '' && record.name !== '.')
      .map(async ({ priority, weight, port, name: server }) => {
        const addresses = (await names.addresses(server)).slice(0, maxAddresses)
        return { tier, priority, weight, transport, port, name: host, addresses }
      }),
  )
}

async function atAddresses(
  { host }: Service,
  transport: Transport,
  port: number,
  names: Names,
): Promise<readonly Candidate[]> {
  const addresses = (await names.addresses(host)).slice(0, maxAddresses)
  return [{ tier: 0, priority: 0, weight: 0, transport, port, name: host, addresses }]
}

/** Candidates of one priority, drawn by weight. */
function drawn(found: readonly Candidate[], chance: () => number): readonly Candidate[] {
  // RFC 2782: those without weight stand first, where they are drawn only when chance is 0.
  const left = found.toSorted((a, b) => Number(a.weight > 0) - Number(b.weight > 0))
  const order: Candidate[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    let rest = Math.floor(chance() * (total + 1))
    const at = left.findIndex(({ weight }) => (rest -= weight) <= 0)
    order.push(...left.splice(Math.max(at, 0), 1))
  }
  return order
}

function rankOf({ tier, priority }: Candidate): number {
  return tier * 65_536 + priority
}

function srvName(host: string, transport: Transport): string {
  return `${srvPrefixes[transport]}.${host}`
}

const srvPrefixes: Readonly<Record<Transport, string>> = {
  udp: '_sip._udp',
  tcp: '_sip._tcp',
  tls: '_sips._tcp',
  ws: '_sip._ws',
  wss: '_sips._ws',
}
const naptrServices: ReadonlyMap<string, Transport> = new Map([
  ['SIP+D2U', 'udp'],
  ['SIP+D2T', 'tcp'],
  ['SIPS+D2T', 'tls'],
])
const byDefault: readonly Transport[] = ['udp', 'tcp', 'tls']
const tlsOnly: readonly Transport[] = ['tls']
const maxRecords = 16
const maxAddresses = 8
const maxPlaces = 16
