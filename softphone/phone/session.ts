import { isRecord } from './json.ts'

/** What the door gives an agent who signed in. The password is for SIP only and lasts until `expiresAt`. */
export interface Session {
  readonly agent: string
  readonly sipUri: string
  readonly authorizationUser: string
  readonly password: string
  readonly wssUrl: string
  readonly iceServers: readonly IceServer[]
  readonly conference: string
  /** Wall-clock milliseconds. */
  readonly expiresAt: number
}

/** A STUN or TURN server, in the form that browsers take. */
export interface IceServer {
  readonly urls: string | readonly string[]
  readonly username?: string
  readonly credential?: string
}

/** The answer to a sign-in: a session, or a sentence for the agent. `wrong`: asking again with the same words is useless. */
export type SignIn =
  | { readonly kind: 'granted'; readonly session: Session }
  | { readonly kind: 'refused'; readonly why: string; readonly wrong: boolean }

/** What the agent typed. */
export interface Credentials {
  readonly agent: string
  readonly password: string
}

/** Asks the door for a session. Never rejects. */
export async function requestSession(
  credentials: Credentials,
  fetchFrom: typeof fetch = fetch,
): Promise<SignIn> {
  try {
    const response = await fetchFrom('/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(credentials),
      signal: AbortSignal.timeout(longestMs),
    })
    if (!response.ok) return refusal(response.status)
    const session = readSession(await response.json())
    return session
      ? { kind: 'granted', session }
      : later('The service gave an answer that this page cannot read.')
  } catch {
    return later('The service cannot be reached. Check your network and try again.')
  }
}

/** Reads the JSON of a session; undefined when a field is missing or wrong. */
export function readSession(json: unknown): Session | undefined {
  if (!isRecord(json)) return undefined
  const { agent, sipUri, authorizationUser, password, wssUrl, iceServers, conference, expiresAt } = json
  if (![agent, sipUri, authorizationUser, password, wssUrl, conference].every(isText)) return undefined
  if (!/^sips?:[^\s@]+@[^\s@]+$/.test(String(sipUri)) || !/^wss?:\/\/\S+$/.test(String(wssUrl)))
    return undefined
  if (!Array.isArray(iceServers) || iceServers.length > mostServers || !iceServers.every(isIceServer)) {
    return undefined
  }
  const until = wallTime(expiresAt)
  if (until === undefined) return undefined
  return {
    agent: String(agent),
    sipUri: String(sipUri),
    authorizationUser: String(authorizationUser),
    password: String(password),
    wssUrl: String(wssUrl),
    iceServers,
    conference: String(conference),
    expiresAt: until,
  }
}

const longestMs = 10_000
const longestText = 1024
const mostServers = 16

function refusal(status: number): SignIn {
  if (status === 400 || status === 401 || status === 403) {
    return { kind: 'refused', wrong: true, why: 'Agent or password is wrong.' }
  }
  if (status === 429) return later('Too many attempts. Wait a minute and try again.')
  return later(`The service is not ready (${status}). Try again in a moment.`)
}

function later(why: string): SignIn {
  return { kind: 'refused', wrong: false, why }
}

/** The API may write the moment as ISO 8601 or as milliseconds. */
function wallTime(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : value
  return typeof at === 'number' && Number.isFinite(at) ? at : undefined
}

function isIceServer(value: unknown): value is IceServer {
  if (!isRecord(value)) return false
  const { urls, username, credential } = value
  const addresses: readonly unknown[] = Array.isArray(urls) ? urls : [urls]
  return (
    addresses.length > 0 &&
    addresses.length <= mostServers &&
    addresses.every(url => isText(url) && /^(stun|turn)s?:/.test(url)) &&
    [username, credential].every(text => text === undefined || isText(text))
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longestText
}
