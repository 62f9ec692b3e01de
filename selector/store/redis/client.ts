import { Cluster, Redis } from 'ioredis'

/** One Redis, one that sentinels watch, or a cluster: all take the same commands. */
export type Client = Redis | Cluster

/** Where Redis is, as the setting `store` says it. */
type Place =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'sentinel' | 'cluster'
      readonly isTls: boolean
      readonly nodes: readonly { readonly host: string; readonly port: number }[]
      /** Name of the master that sentinels watch, and number of the database. */
      readonly path: readonly string[]
      readonly username?: string
      readonly password?: string
    }

/** How long a command and an attempt to connect may take, milliseconds. */
interface Times {
  readonly commandTimeout: number
  readonly connectTimeout: number
}

/** A client that is not connected yet; undefined when `url` names no Redis. See the setting `store` for the forms. */
export function clientOf(url: string, times: Times): Client | undefined {
  const place = placeOf(url)
  if (place === undefined) return undefined
  const each = {
    ...times,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  }
  const one = { ...each, lazyConnect: true, enableOfflineQueue: false, retryStrategy: backOff }
  if (place.kind === 'single') return new Redis(place.url, one)
  const { isTls, nodes, path, username, password } = place
  const login = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isTls && { tls: {} }),
  }
  if (place.kind === 'cluster') {
    return new Cluster([...nodes], {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: backOff,
      redisOptions: { ...each, ...login },
    })
  }
  const [name = 'mymaster', db = '0'] = path
  const watched = { sentinels: [...nodes], name, db: Number(db), sentinelRetryStrategy: backOff }
  return new Redis({ ...one, ...login, ...watched })
}

/** Milliseconds until the next attempt to reach Redis; grows, and differs between processes. */
function backOff(times: number): number {
  return Math.min(1_000, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2)
}

/** Connections that hold the scripts: every master of a cluster. */
export function mastersOf(client: Client): readonly Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client]
}

/** A second connection of the same kind for subscriptions, which waits for Redis as long as it takes, and leaves it to its owner to subscribe again. */
export function subscriberOf(client: Client): Client {
  const patient = { maxRetriesPerRequest: null, commandTimeout: undefined, autoResubscribe: false }
  return client instanceof Cluster
    ? client.duplicate([], { enableOfflineQueue: true, redisOptions: patient })
    : client.duplicate({ enableOfflineQueue: true, ...patient })
}

const several =
  /^(?<scheme>rediss?)\+(?<kind>sentinel|cluster):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<nodes>[^@/]+)(?:\/(?<path>.*))?$/

function placeOf(url: string): Place | undefined {
  if (/^rediss?:\/\//.test(url)) return { kind: 'single', url }
  const { scheme, kind, user = '', password = '', nodes = '', path = '' } = several.exec(url)?.groups ?? {}
  if (kind !== 'sentinel' && kind !== 'cluster') return undefined
  const port = kind === 'sentinel' ? 26_379 : 6_379
  return {
    kind,
    isTls: scheme === 'rediss',
    nodes: nodes.split(',').map(node => nodeOf(node, port)),
    path: path.split('/').filter(part => part !== ''),
    ...loginOf(user, password),
  }
}

function loginOf(user: string, password: string): { readonly username?: string; readonly password?: string } {
  return {
    ...(user !== '' && { username: decodeURIComponent(user) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  }
}

/** `host`, `host:port` or `[2001:db8::1]:port`. */
function nodeOf(text: string, standard: number): { readonly host: string; readonly port: number } {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  return { host: six ?? four ?? text, port: port === undefined ? standard : Number(port) }
}
