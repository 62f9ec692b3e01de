import type { Naptr, Names, Srv } from '../../engine/uac/locate.ts'

/** What a `fakeNames` knows. */
export interface Zone {
  readonly local?: readonly string[]
  readonly naptr?: Readonly<Record<string, readonly Naptr[]>>
  readonly srv?: Readonly<Record<string, readonly Srv[]>>
  readonly addresses?: Readonly<Record<string, readonly string[]>>
}

/** Names out of a table, with everything that was asked. */
export function fakeNames(zone: Zone): Names & { readonly asked: string[] } {
  const asked: string[] = []
  function answer<T>(kind: string, name: string, table: Readonly<Record<string, readonly T[]>> = {}) {
    asked.push(`${kind} ${name}`)
    return Promise.resolve(table[name] ?? [])
  }
  return {
    asked,
    isLocal: name => Promise.resolve(zone.local?.includes(name) === true),
    naptr: name => answer('naptr', name, zone.naptr),
    srv: name => answer('srv', name, zone.srv),
    addresses: name => answer('a', name, zone.addresses),
  }
}

/** An SRV record. */
export function srv(priority: number, weight: number, port: number, name: string): Srv {
  return { priority, weight, port, name }
}
