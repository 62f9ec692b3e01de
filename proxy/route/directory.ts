import type { MediaServer } from '../../selector/domain/media-server.ts'
import { sourcesOf, type Trunk } from '../../selector/domain/trunk.ts'
import type { Store } from '../../selector/store/store.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Credentials, Directory } from '../ports.ts'
import { addressList } from './address-list.ts'

/** A directory that follows the store: addresses are answered from memory, so that a stranger costs nothing. */
export interface StoreDirectory extends Directory {
  /** Every media server that is known now. */
  servers(): Iterable<MediaServer>
  /** Every trunk that is in use now. */
  trunks(): Iterable<Trunk>
  start(): Promise<void>
  stop(): Promise<void>
}

export interface DirectoryOptions {
  readonly store: Pick<Store, 'servers' | 'trunks'>
  /** H(user:realm:password) of an agent or of a credential that was issued for a session. */
  readonly credentials: (user: string) => Promise<Credentials | undefined>
  readonly log: Log
}

export function createDirectory({ store, credentials, log }: DirectoryOptions): StoreDirectory {
  let trunks: readonly { readonly trunk: Trunk; readonly holds: (address: string) => boolean }[] = []
  let servers: ServerMap = serverMap([])
  const unsubscribe: (() => void)[] = []

  async function readTrunks(): Promise<void> {
    const known = (await store.trunks.list()).map(({ item }) => item).filter(({ enabled }) => enabled)
    trunks = known.map(trunk => ({ trunk, holds: addressList(sourcesOf(trunk)) }))
  }

  async function readServers(): Promise<void> {
    servers = serverMap((await store.servers.list()).map(({ item }) => item))
  }

  async function start(): Promise<void> {
    await Promise.all([readTrunks(), readServers()])
    unsubscribe.push(store.trunks.onChange(follow(readTrunks)), store.servers.onChange(follow(readServers)))
  }

  async function stop(): Promise<void> {
    for (const cancel of unsubscribe.splice(0)) cancel()
  }

  function follow(read: () => Promise<void>): () => void {
    return () => {
      read().catch((cause: unknown) => log.warn('directory.read-failed', { cause: messageOf(cause) }))
    }
  }

  return {
    start,
    stop,
    credentials,
    trunkAt: address => trunks.find(({ holds }) => holds(address))?.trunk,
    serverAt(address, port) {
      const there = servers.byAddress.get(address)
      return there?.find(({ sip }) => sip.port === port) ?? there?.[0]
    },
    server: id => servers.byId.get(id),
    servers: () => servers.byId.values(),
    trunks: () => trunks.map(({ trunk }) => trunk),
  }
}

interface ServerMap {
  readonly byId: ReadonlyMap<string, MediaServer>
  /** The servers at each address, in the order of their SIP ports. */
  readonly byAddress: ReadonlyMap<string, readonly MediaServer[]>
}

function serverMap(servers: readonly MediaServer[]): ServerMap {
  const byAddress = new Map<string, MediaServer[]>()
  for (const server of servers.toSorted((a, b) => a.sip.port - b.sip.port)) {
    const { host } = server.sip
    const there = byAddress.get(host) ?? []
    byAddress.set(host, there)
    there.push(server)
  }
  return { byId: new Map(servers.map(server => [server.id, server])), byAddress }
}
