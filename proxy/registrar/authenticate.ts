import { randomBytes, timingSafeEqual } from 'node:crypto'
import { digestResponse, parseAuth, type DigestAlgorithm } from '../../engine/message/digest.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import type { LoginThrottle } from '../../runtime/login-throttle.ts'
import type { Credentials, Directory } from '../ports.ts'
import type { Nonces } from './nonces.ts'

/** Whom a request comes from, or what its sender must do to tell. */
export type Identity =
  | { readonly kind: 'known'; readonly user: string; readonly credentials: Credentials }
  /** 401 with these headers. */
  | { readonly kind: 'challenge'; readonly headers: readonly HeaderLine[] }
  /** The Authorization header makes no sense: 400. */
  | { readonly kind: 'malformed' }
  /** Too many wrong passwords came from there: nothing was looked at. */
  | { readonly kind: 'slowed'; readonly waitMs: number }

export interface AuthenticatorOptions {
  readonly realm: string
  /** Offered in this order; a client takes the first that it knows (RFC 8760 §2.4), and sip.js the last one. */
  readonly algorithms: readonly DigestAlgorithm[]
  readonly nonces: Nonces
  readonly throttle: LoginThrottle
  readonly directory: Pick<Directory, 'credentials'>
}

/** Where a request was heard. */
export interface Heard {
  readonly flow: string
  readonly address: string
}

/** Tells agents by digest (RFC 3261 §22, RFC 7616, RFC 8760). */
export interface Authenticator {
  identify(request: SipRequest, heard: Heard): Promise<Identity>
  /** Whether what was proven then would still be proven now: the credentials are neither over nor replaced. */
  holds(user: string, credentials: Credentials): Promise<boolean>
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { realm, algorithms, nonces, throttle, directory } = options

  function challenge(flow: string, stale: boolean): Identity {
    const nonce = nonces.issue(flow)
    const headers = algorithms.map((algorithm): HeaderLine => {
      const flag = stale ? ', stale=true' : ''
      return [
        'WWW-Authenticate',
        `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${flag}`,
      ]
    })
    return { kind: 'challenge', headers }
  }

  async function identify(request: SipRequest, { flow, address }: Heard): Promise<Identity> {
    const value = request.headers.get('Authorization')
    if (value === undefined) return challenge(flow, false)
    const claim = readClaim(value)
    if (!claim) return { kind: 'malformed' }
    const { user } = claim
    if (throttle.waitMs(address, user) > 0) return slowed(address, user)
    const known = await directory.credentials(user)
    // Guesses that came together have all been let in up to here.
    if (throttle.waitMs(address, user) > 0) return slowed(address, user)
    const fits = claim.realm === realm && claim.uri === request.uri && algorithms.includes(claim.algorithm)
    // An unknown user is checked like a known one, so that neither the answer nor its time tells them apart.
    const proven = matches(claim, request.method, known ?? nobody) && fits && known !== undefined
    if (!proven) {
      throttle.failed(address, user)
      return challenge(flow, false)
    }
    throttle.succeeded(address, user)
    // RFC 7616 §3.3: the password is right, so the client need not ask its user for another one.
    if (nonces.check(claim.nonce, flow, claim.count) !== 'good') return challenge(flow, true)
    return { kind: 'known', user, credentials: known }
  }

  function slowed(address: string, user: string): Identity {
    return { kind: 'slowed', waitMs: throttle.waitMs(address, user) }
  }

  async function holds(user: string, { agent, ha1 }: Credentials): Promise<boolean> {
    const now = await directory.credentials(user)
    return now?.agent === agent && now.ha1.sha256 === ha1.sha256
  }

  return { identify, holds }
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
