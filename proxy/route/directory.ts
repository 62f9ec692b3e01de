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
  let servers: ReadonlyMap<string, MediaServer> = new Map()
  const unsubscribe: (() => void)[] = []

  async function readTrunks(): Promise<void> {
    const known = (await store.trunks.list()).map(({ item }) => item).filter(({ enabled }) => enabled)
    trunks = known.map(trunk => ({ trunk, holds: addressList(sourcesOf(trunk)) }))
  }

  async function readServers(): Promise<void> {
    servers = new Map((await store.servers.list()).map(({ item }) => [item.sip.host, item]))
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
    serverAt: address => servers.get(address),
    server: id => [...servers.values()].find(server => server.id === id),
    servers: () => servers.values(),
    trunks: () => trunks.map(({ trunk }) => trunk),
  }
}
