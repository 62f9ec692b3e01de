import { digestHa1, type DigestAlgorithm } from '../../engine/message/digest.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import type { LoginThrottle } from '../../runtime/login-throttle.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { Origin } from '../ports.ts'
import { createAuthenticator } from '../registrar/authenticate.ts'
import type { Nonces } from '../registrar/nonces.ts'

/** Whether a trunk is who its address says, and if not yet, with what its request is answered. */
export type Trust =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'refused'; readonly status: number; readonly headers?: readonly HeaderLine[] }

export interface TrustOptions {
  readonly realm: string
  readonly algorithms: readonly DigestAlgorithm[]
  readonly nonces: Nonces
  readonly throttle: LoginThrottle
}

/** Checks the digest of trunks that must give one, besides their address (RFC 3261 §22.2). */
export function createTrust(
  options: TrustOptions,
): (request: SipRequest, origin: Origin, trunk: Trunk) => Promise<Trust> {
  return async (request, { address }, { id, challenge }) => {
    if (!challenge) return { kind: 'trusted' }
    const { user, password } = challenge
    const ha1 = {
      md5: digestHa1('MD5', user, options.realm, password),
      sha256: digestHa1('SHA-256', user, options.realm, password),
    }
    const authenticator = createAuthenticator({
      ...options,
      directory: { credentials: async claimed => (claimed === user ? { agent: id, ha1 } : undefined) },
    })
    const identity = await authenticator.identify(request, { flow: `trunk ${id} ${address}`, address })
    switch (identity.kind) {
      case 'known':
        return { kind: 'trusted' }
      case 'challenge':
        return { kind: 'refused', status: 401, headers: identity.headers }
      case 'malformed':
        return { kind: 'refused', status: 400 }
      case 'slowed':
        return {
          kind: 'refused',
          status: 503,
          headers: [['Retry-After', String(Math.ceil(identity.waitMs / 1000))]],
        }
    }
  }
}
