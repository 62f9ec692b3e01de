import { BlockList, isIP } from 'node:net'

/** Tells whether an address is in a list of addresses and CIDR blocks; entries that are neither are left out. */
export function addressList(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const entry of entries) {
    const [net = '', prefix] = entry.split('/')
    const version = isIP(net)
    if (version === 0) continue
    const family = version === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(net, family)
    else if (isPrefix(prefix, version)) list.addSubnet(net, Number(prefix), family)
  }
  return address => {
    const plain = unmapped(address)
    const version = isIP(plain)
    return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4')
  }
}

function isPrefix(text: string, version: number): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= (version === 6 ? 128 : 32)
}

/** The IPv4 address that a dual-stack socket shows as `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2). */
function unmapped(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
