import { createHmac } from 'node:crypto'
import type { SessionGrant } from './contract.ts'

/** A STUN or TURN server as it is configured: with an account of its own, or with the secret that it shares with the door. */
export interface IceServerSetting {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
  readonly secret?: string
}

/** Longest life of a TURN credential in milliseconds: one long shift. */
const longestMs = 12 * 3_600_000

/**
 * What the browser of an agent is told. For a server with a shared secret it gets an account of its own that ends with its
 * session (coturn `use-auth-secret`): the user name is the end of its validity and the agent, the password its HMAC-SHA1.
 */
export function iceServersFor(
  servers: readonly IceServerSetting[],
  { agent, expiresAt, now }: { readonly agent: string; readonly expiresAt: number; readonly now: number },
): SessionGrant['iceServers'] {
  const untilSec = Math.floor(Math.min(expiresAt, now + longestMs) / 1000)
  const username = `${untilSec}:${agent}`
  return servers.map(({ urls, secret, ...account }) => ({
    urls: [...urls],
    ...account,
    ...(secret !== undefined && {
      username,
      credential: createHmac('sha1', secret).update(username).digest('base64'),
    }),
  }))
}
