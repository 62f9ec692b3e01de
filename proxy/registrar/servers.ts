import { parseNameAddr, splitList } from '../../engine/message/name-addr.ts'
import type { SipRequest } from '../../engine/message/message.ts'
import type { Params } from '../../engine/message/params.ts'
import { parseUri } from '../../engine/message/uri.ts'
import type { Log } from '../../runtime/log.ts'
import type { Claim } from '../../selector/domain/registration.ts'
import type { EdgeEvent, SipEdge } from '../ports.ts'
import type { Authenticator } from './authenticate.ts'
import { wishesOf } from './contacts.ts'

type RequestEvent = Extract<EdgeEvent, { kind: 'request' }>

/** What is done with the claims of media servers. */
export interface ServerClaims {
  register(claim: Claim, expiresSec: number): Promise<{ readonly kind: 'registered' | 'refused' }>
  unregister(id: string, host: string): Promise<void>
}

export interface ServersOptions {
  readonly edge: Pick<SipEdge, 'respond'>
  /** Whether an address may register. */
  readonly isAllowed: (address: string) => boolean
  /** Knows every server by the secret of the fleet; the user is the server's id. */
  readonly authenticator: Pick<Authenticator, 'identify'>
  readonly claims: ServerClaims
  /** Shortest and longest registration that is granted, in seconds. */
  readonly minSec: number
  readonly maxSec: number
  readonly log: Log
}

/** The registrar for media servers that join the fleet by themselves (RFC 3261 §10.3). */
export interface Servers {
  mayRegister(address: string): boolean
  /** Answers a REGISTER from an address that may. */
  register(event: RequestEvent): Promise<void>
}

/**
 * A media server registers as `sip:<id>@…` with one Contact, whose parameters `x-ami`, `x-max-agents` and `x-zone` give
 * the port of its Manager Interface, its capacity and its zone. Its address is where it was heard from.
 */
export function createServers(options: ServersOptions): Servers {
  const { edge, authenticator, claims, minSec, maxSec, isAllowed, log } = options

  async function register({ transaction, request, origin }: RequestEvent): Promise<void> {
    const answer = (status: number, ...headers: readonly (readonly [string, string])[]): void =>
      edge.respond({ transaction, status, headers })
    const heard = { flow: `${origin.transport} ${origin.address}`, address: origin.address }
    const identity = await authenticator.identify(request, heard)
    if (identity.kind === 'malformed') return answer(400)
    if (identity.kind === 'challenge')
      return edge.respond({ transaction, status: 401, headers: identity.headers })
    if (identity.kind === 'slowed') {
      return answer(503, ['Retry-After', String(Math.ceil(identity.waitMs / 1_000))])
    }
    if (addressee(request) !== identity.user) return answer(403)
    const wish = wishOf(request, identity.user, origin, maxSec)
    if (wish === undefined) return answer(400)
    if (wish.expiresSec === 0) {
      await claims.unregister(identity.user, origin.address)
      return answer(200)
    }
    if (wish.expiresSec < minSec) return answer(423, ['Min-Expires', String(minSec)])
    const expiresSec = Math.min(wish.expiresSec, maxSec)
    const result = await claims.register(wish.claim, expiresSec)
    log.debug('server.register', { server: identity.user, address: origin.address, result })
    if (result.kind === 'refused') return answer(403)
    answer(200, ['Contact', `<${wish.contact}>;expires=${expiresSec}`])
  }

  return { mayRegister: isAllowed, register }
}

interface Wish {
  readonly contact: string
  readonly expiresSec: number
  readonly claim: Claim
}

/** What the REGISTER asks for; undefined when it makes no sense. */
function wishOf(
  request: SipRequest,
  id: string,
  { address, transport }: RequestEvent['origin'],
  defaultSec: number,
): Wish | undefined {
  const wishes = wishesOf(request, defaultSec)
  const [value = ''] = request.headers.all('Contact').flatMap(splitList)
  if (wishes === 'all') return { contact: '*', expiresSec: 0, claim: claimAt(id, address) }
  if (wishes?.length !== 1) return undefined
  const [{ uri, expires } = { uri: '', expires: 0 }] = wishes
  const parsed = parseUri(uri)
  const said = saidIn(parseNameAddr(value)?.params ?? new Map())
  if (!parsed || !said) return undefined
  const sip = { port: parsed.port ?? 5060, transport: transport === 'tcp' ? 'tcp' : 'udp' } as const
  return { contact: uri, expiresSec: expires, claim: { ...claimAt(id, address), sip, ...said } }
}

/** The user of To, in lower case: which server this is about. */
function addressee(request: SipRequest): string | undefined {
  const to = parseNameAddr(request.headers.get('To') ?? '')
  return to && parseUri(to.uri)?.user?.toLowerCase()
}

function claimAt(id: string, host: string): Claim {
  return { id, host, sip: { port: 5060, transport: 'udp' }, amiPort: 5038 }
}

/** What the parameters of its Contact say; undefined when one of them is nonsense. */
function saidIn(params: Params): Pick<Claim, 'amiPort' | 'capacity' | 'zone'> | undefined {
  const amiPort = whole(params.get('x-ami') ?? '5038', 65_535)
  const capacity = params.has('x-max-agents') ? whole(params.get('x-max-agents'), 100_000) : undefined
  const zone = params.get('x-zone')
  if (amiPort === undefined || (params.has('x-max-agents') && capacity === undefined)) return undefined
  if (params.has('x-zone') && !/^[a-z0-9_.-]{1,64}$/.test(zone ?? '')) return undefined
  return { amiPort, ...(capacity !== undefined && { capacity }), ...(zone !== undefined && { zone }) }
}

/** A number from 1 to `most`. */
function whole(text: string | undefined, most: number): number | undefined {
  const number = /^\d{1,6}$/.test(text ?? '') ? Number(text) : 0
  return number >= 1 && number <= most ? number : undefined
}
