import {
  digestHa1,
  digestResponse,
  parseAuth,
  writeAuth,
  type DigestAlgorithm,
} from '../../engine/message/digest.ts'
import type { HeaderLine, SipResponse } from '../../engine/message/message.ts'
import type { TrunkAccount } from '../../selector/domain/trunk.ts'

/** How often one request was repeated with credentials already. */
export interface Tried {
  /** The nonce that was answered last. */
  readonly nonce?: string
  /** A repetition because the nonce was stale was made. */
  readonly stale: boolean
}

/** The request that was challenged, and who by. */
export interface Challenged {
  readonly method: string
  readonly uri: string
  /** The peer that was dialled. */
  readonly host: string
  readonly account: TrunkAccount
}

/** The header that answers a challenge, and what was tried then. */
export interface DigestAnswer {
  readonly line: HeaderLine
  readonly tried: Tried
}

/**
 * The answer to a 401 or 407 (RFC 3261 §22.2, RFC 7616 §3.4); undefined when none is to be given. Only the realm of the account is answered,
 * without one only a realm that is the host of the peer; once, and once more when the peer says that the nonce was stale.
 */
export function answerChallenge(
  response: SipResponse,
  request: Challenged,
  tried: Tried,
  cnonce: string,
): DigestAnswer | undefined {
  const [asked, answers] =
    response.status === 407
      ? (['Proxy-Authenticate', 'Proxy-Authorization'] as const)
      : (['WWW-Authenticate', 'Authorization'] as const)
  const realm = request.account.realm ?? request.host
  const challenge = strongest(response.headers.all(asked).flatMap(value => readChallenge(value, realm)))
  if (!challenge) return undefined
  if (tried.nonce !== undefined && (tried.stale || !challenge.stale || challenge.nonce === tried.nonce))
    return undefined
  return {
    line: [answers, credentials(challenge, request, cnonce)],
    tried: { nonce: challenge.nonce, stale: tried.nonce !== undefined },
  }
}

interface Challenge {
  readonly realm: string
  readonly nonce: string
  readonly algorithm: DigestAlgorithm
  readonly opaque?: string
  readonly qop: boolean
  readonly stale: boolean
}

function readChallenge(value: string, realm: string): readonly Challenge[] {
  const { scheme = '', params = new Map<string, string>() } = parseAuth(value) ?? {}
  const algorithm = algorithmOf(params.get('algorithm'))
  const nonce = params.get('nonce') ?? ''
  const qop = params.get('qop')
  const fits = scheme.toLowerCase() === 'digest' && params.get('realm') === realm && nonce !== ''
  if (!fits || algorithm === undefined || !offersAuth(qop)) return []
  const opaque = params.get('opaque')
  const stale = params.get('stale')?.toLowerCase() === 'true'
  return [{ realm, nonce, algorithm, qop: qop !== undefined, stale, ...(opaque !== undefined && { opaque }) }]
}

/** A challenge without qop is of the form of RFC 2069, which knows nothing else. */
function offersAuth(qop = 'auth'): boolean {
  return qop
    .toLowerCase()
    .split(',')
    .some(one => one.trim() === 'auth')
}

function algorithmOf(text = 'MD5'): DigestAlgorithm | undefined {
  return (['MD5', 'SHA-256'] as const).find(known => known === text.toUpperCase())
}

function strongest(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ algorithm }) => algorithm === 'SHA-256') ?? challenges[0]
}

function credentials(challenge: Challenge, { method, uri, account }: Challenged, cnonce: string): string {
  const { realm, nonce, algorithm, opaque, qop } = challenge
  const ha1 = digestHa1(algorithm, account.user, realm, account.password)
  // Each nonce is used once.
  const counted = qop ? { qop: 'auth', nc: '00000001', cnonce } : {}
  const response = digestResponse({ algorithm, ha1, nonce, method, uri, ...counted })
  const params = new Map<string, string>([
    ['username', account.user],
    ['realm', realm],
    ['nonce', nonce],
    ['uri', uri],
    ['response', response],
    ['algorithm', algorithm],
    ...Object.entries(counted),
    ...(opaque === undefined ? [] : [['opaque', opaque] as const]),
  ])
  return writeAuth({ scheme: 'Digest', params })
}
