import type { Test } from 'tap'
import { digestHa1, digestResponse, parseAuth, type DigestAlgorithm } from '../../../engine/message/digest.ts'
import { domain, password, type OpenDoor } from '../open-door.ts'
import { headerOf, type SipText } from '../sip-text.ts'
import { browser, type Browser } from './peers.ts'
import { unique, type RequestText } from './text.ts'

/** What an answer to a challenge says, where it is not the truth. */
export interface Claim {
  readonly user?: string
  readonly password?: string
  readonly nonce?: string
  readonly nc?: string
  readonly uri?: string
  readonly method?: string
  readonly algorithm?: DigestAlgorithm
}

/** A phone of an agent that writes every byte itself. */
export interface Phone extends Browser {
  /** Sends a request of that agent, without a proof unless `headers` hold one. */
  say(method: string, given?: RequestText): Promise<SipText>
  /** The nonce that it is challenged with now. */
  challenge(): Promise<string>
  /** Sends a request with a proof. */
  prove(method: string, claim: Claim, given?: RequestText): Promise<SipText>
}

/** The request URI of every REGISTER. */
export const registrarUri = `sip:${domain}`

/** Connects a phone of `agent` to the door. */
export async function phone(t: Test, door: OpenDoor, agent = '1001', from = '127.0.0.1'): Promise<Phone> {
  const made = await browser(t, door.port('public'), { scheme: 'wss', rejectUnauthorized: false, from })
  const own = `sip:${agent}@${domain}`
  const say: Phone['say'] = (method, given = {}) =>
    made.ask(method, {
      via: 'SIP/2.0/WSS peer.invalid',
      from: own,
      to: own,
      uri: registrarUri,
      ...given,
    })
  const challenge = async (): Promise<string> => nonceOf(await say('REGISTER'))
  return {
    ...made,
    say,
    challenge,
    async prove(method, claim, given = {}) {
      const nonce = claim.nonce ?? (await challenge())
      const uri = given.uri ?? registrarUri
      const line = proof({ user: agent, uri, method, ...claim, nonce })
      return await say(method, { ...given, headers: [...(given.headers ?? []), ['Authorization', line]] })
    },
  }
}

/** The value of an Authorization header (RFC 7616 §3.4). */
export function proof(claim: Claim & { readonly nonce: string; readonly uri: string }): string {
  const { user = '1001', nonce, nc = '00000001', uri, method = 'REGISTER', algorithm = 'SHA-256' } = claim
  const cnonce = unique()
  const ha1 = digestHa1(algorithm, user, domain, claim.password ?? password)
  const response = digestResponse({ algorithm, ha1, nonce, nc, cnonce, qop: 'auth', method, uri })
  return (
    `Digest username="${user}", realm="${domain}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, ` +
    `qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`
  )
}

/** The nonce of a challenge. */
export function nonceOf(challenge: SipText): string {
  return parseAuth(headerOf(challenge, 'www-authenticate'))?.params.get('nonce') ?? ''
}
