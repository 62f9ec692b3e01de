import { randomBytes, timingSafeEqual } from 'node:crypto'
import { digestResponse, parseAuth, type DigestAlgorithm } from '../../engine/message/digest.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import type { Credentials, Directory } from '../ports.ts'
import type { Nonces } from './nonces.ts'

/** Whom a request comes from, or what its sender must do to tell. */
export type Identity =
  | { readonly kind: 'known'; readonly agent: string }
  /** 401 with these headers. */
  | { readonly kind: 'challenge'; readonly headers: readonly HeaderLine[] }
  /** The Authorization header makes no sense: 400. */
  | { readonly kind: 'malformed' }

export interface AuthenticatorOptions {
  readonly realm: string
  /** Offered in this order; a client takes the first that it knows (RFC 8760 §2.4), and sip.js the last one. */
  readonly algorithms: readonly DigestAlgorithm[]
  readonly nonces: Nonces
  readonly directory: Directory
}

/** Tells agents by digest (RFC 3261 §22, RFC 7616, RFC 8760). */
export interface Authenticator {
  identify(request: SipRequest): Promise<Identity>
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { realm, algorithms, nonces, directory } = options

  function challenge(stale: boolean): Identity {
    const nonce = nonces.issue()
    const headers = algorithms.map((algorithm): HeaderLine => {
      const flag = stale ? ', stale=true' : ''
      return [
        'WWW-Authenticate',
        `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${flag}`,
      ]
    })
    return { kind: 'challenge', headers }
  }

  async function identify(request: SipRequest): Promise<Identity> {
    const value = request.headers.get('Authorization')
    if (value === undefined) return challenge(false)
    const claim = readClaim(value)
    if (!claim) return { kind: 'malformed' }
    // An unknown user is checked like a known one, so that neither the answer nor its time tells them apart.
    const known = await directory.credentials(claim.user)
    const fits = claim.realm === realm && claim.uri === request.uri && algorithms.includes(claim.algorithm)
    const proven = matches(claim, request.method, known ?? nobody) && fits && known !== undefined
    const worth = nonces.check(claim.nonce, proven ? claim.count : 0)
    if (worth === 'stale') return challenge(true)
    return proven && worth === 'good' ? { kind: 'known', agent: known.agent } : challenge(false)
  }

  return { identify }
}

interface Claim {
  readonly user: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  readonly algorithm: DigestAlgorithm
  readonly nc: string
  readonly count: number
  readonly cnonce: string
  readonly response: string
}

function readClaim(value: string): Claim | undefined {
  const auth = parseAuth(value)
  if (auth?.scheme.toLowerCase() !== 'digest') return undefined
  const param = (name: string): string => auth.params.get(name) ?? ''
  const algorithm = (param('algorithm') || 'MD5').toUpperCase()
  const nc = param('nc')
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return undefined
  if (param('qop').toLowerCase() !== 'auth' || !/^[0-9a-f]{8}$/i.test(nc) || param('username') === '')
    return undefined
  return {
    user: param('username'),
    realm: param('realm'),
    nonce: param('nonce'),
    uri: param('uri'),
    algorithm,
    nc,
    count: Number.parseInt(nc, 16),
    cnonce: param('cnonce'),
    response: param('response').toLowerCase(),
  }
}

function matches(claim: Claim, method: string, credentials: Credentials): boolean {
  const { algorithm, nonce, nc, cnonce, uri } = claim
  const ha1 = algorithm === 'MD5' ? credentials.ha1.md5 : credentials.ha1.sha256
  const expected = Buffer.from(
    digestResponse({ algorithm, ha1, nonce, nc, cnonce, qop: 'auth', method, uri }),
  )
  const given = Buffer.from(claim.response)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

const nobody: Credentials = {
  agent: '',
  ha1: { md5: randomBytes(16).toString('hex'), sha256: randomBytes(32).toString('hex') },
}
