import type { Config } from '../config/schema.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { createLoginThrottle } from '../runtime/login-throttle.ts'
import { ha1Of } from '../selector/credentials.ts'
import { serverId } from '../selector/domain/media-server.ts'
import type { Credentials, Directory, SipEdge } from './ports.ts'
import { createAuthenticator } from './registrar/authenticate.ts'
import { createNonces } from './registrar/nonces.ts'
import { createServers, type ServerClaims, type Servers } from './registrar/servers.ts'
import { addressList } from './route/address-list.ts'

/** What the registrar for media servers is made of. */
export interface ServersSideOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
}

/** Composes it. Every media server proves the secret of the fleet, each under its own id. */
export function createServersSide(
  { config, clock, log }: ServersSideOptions,
  claims: ServerClaims,
  edge: SipEdge,
): Servers {
  const { networks, secret, maxSec } = config.fleet.registration
  const { loginsPerMinutePerAddress, loginGuesses } = config.limits
  const realm = `portico-${config.fleet.name}`
  const credentials = async (id: string): Promise<Credentials | undefined> =>
    secret !== undefined && serverId.test(id) ? { agent: id, ha1: ha1Of(id, realm, secret) } : undefined
  return createServers({
    edge,
    isAllowed: addressList(networks),
    authenticator: createAuthenticator({
      realm,
      algorithms: ['SHA-256', 'MD5'],
      nonces: createNonces({ ttlMs: nonceTtlMs, remembered: rememberedNonces, clock }),
      throttle: createLoginThrottle({ perAddress: loginsPerMinutePerAddress, free: loginGuesses, clock }),
      directory: { credentials },
    }),
    claims,
    minSec: shortestSec,
    maxSec,
    log,
  })
}

/** Who is heard where strangers are not: carriers, media servers, and those that may register as such. */
export function servedAddresses(
  { fleet }: Config,
  directory: Pick<Directory, 'serverAt' | 'trunkAt'>,
): (address: string) => boolean {
  const mayRegister = addressList(fleet.registration.networks)
  return address =>
    directory.serverAt(address) !== undefined ||
    directory.trunkAt(address) !== undefined ||
    mayRegister(address)
}

const nonceTtlMs = 60_000
const rememberedNonces = 2_000
/** Asterisk renews ten seconds before the end: with less than that it would do nothing else. */
const shortestSec = 30
