/** How far an IP address reaches, from this machine alone to everywhere (RFC 6890, RFC 4193, RFC 6598). */
export type AddressScope = 'none' | 'machine' | 'link' | 'site' | 'everywhere'

/** `none` for what is no address of one machine: unspecified, multicast, broadcast, or no IP address at all. */
export function scopeOf(address: string): AddressScope {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1]
  const octets = octetsOf(mapped ?? address)
  if (octets) return scopeOfIpv4(octets)
  return /^[0-9a-f:]{2,39}$/i.test(address) && address.includes(':') ? scopeOfIpv6(address) : 'none'
}

/** Whether media may be sent to `target` at the word of somebody who speaks from `source`: never nearer than that one is. */
export function mayReach(source: string, target: string): boolean {
  const scope = scopeOf(target)
  return scope !== 'none' && order.indexOf(scope) >= order.indexOf(scopeOf(source))
}

const order: readonly AddressScope[] = ['none', 'machine', 'link', 'site', 'everywhere']

function octetsOf(address: string): readonly [number, number] | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return undefined
  const [first = 256, second = 256, ...rest] = address.split('.').map(Number)
  return [first, second, ...rest].every(octet => octet <= 255) ? [first, second] : undefined
}

function scopeOfIpv4([first, second]: readonly [number, number]): AddressScope {
  if (first === 0 || first >= 224) return 'none'
  const found = blocks.find(([net, from, to]) => net === first && second >= from && second <= to)
  return found?.[3] ?? 'everywhere'
}

/** First octet, least and greatest second octet, and how far such an address reaches. */
const blocks: readonly (readonly [first: number, from: number, to: number, scope: AddressScope])[] = [
  [127, 0, 255, 'machine'],
  [169, 254, 254, 'link'],
  [10, 0, 255, 'site'],
  [172, 16, 31, 'site'],
  [192, 168, 168, 'site'],
  [100, 64, 127, 'site'],
]

function scopeOfIpv6(address: string): AddressScope {
  const text = address.toLowerCase()
  if (text === '::' || text.startsWith('ff')) return 'none'
  if (text === '::1') return 'machine'
  if (/^fe[89ab]/.test(text)) return 'link'
  return /^f[cd]/.test(text) ? 'site' : 'everywhere'
}
