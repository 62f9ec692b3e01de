import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { digestHa1 } from '../engine/message/digest.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Agent } from './domain/agent.ts'
import type { Store } from './store/store.ts'

/** What it takes to check and to give out agents' credentials. */
export interface CredentialsOptions {
  readonly store: Pick<Store, 'agents' | 'credentials'>
  readonly realm: string
  readonly ttlSec: number
  readonly clock: Clock
}

/** A short-lived right to register, as its owner gets it; the password is stored nowhere. */
export interface Issued {
  readonly authorizationUser: string
  readonly password: string
  /** Wall-clock milliseconds. */
  readonly expiresAt: number
}

/** Whom a digest user name stands for, and what proves it. */
export interface DigestUser {
  readonly agent: string
  readonly ha1: Agent['ha1']
  /** When a credential that was issued ends, wall-clock milliseconds; an agent's own password has no end. */
  readonly expiresAt?: number
}

/** Passwords of agents and the credentials made from them. */
export interface Credentials {
  /** The agent, if that is the password. Takes the same time and path whether the agent exists or not. */
  verify(agent: string, password: string): Promise<Agent | undefined>
  /** The agent whose session that credential was issued for; undefined when it is wrong, or over. */
  verifyIssued(user: string, password: string): Promise<Agent | undefined>
  /** A new credential for the agent, good for `ttlSec` and as long as agent and password stay. */
  issue(agent: Agent): Promise<Issued>
  /** What a digest of that user name is checked against: the agent's own password, or a credential that was issued. */
  ha1For(user: string): Promise<DigestUser | undefined>
}

/** Agents' credentials over a store. */
export function createCredentials({ store, realm, ttlSec, clock }: CredentialsOptions): Credentials {
  async function verify(id: string, password: string): Promise<Agent | undefined> {
    const agent = (await store.agents.get(id))?.item
    const isRight = isSame(ha1Of(id, realm, password).sha256, (agent?.ha1 ?? nobody).sha256)
    return isRight ? agent : undefined
  }

  async function verifyIssued(user: string, password: string): Promise<Agent | undefined> {
    const known = user.includes('~') ? await ha1For(user) : undefined
    const isRight = isSame(ha1Of(user, realm, password).sha256, (known?.ha1 ?? nobody).sha256)
    return isRight && known ? (await store.agents.get(known.agent))?.item : undefined
  }

  async function issue(agent: Agent): Promise<Issued> {
    const authorizationUser = `${agent.id}~${randomBytes(8).toString('hex')}`
    const password = randomBytes(16).toString('base64url')
    const expiresAt = clock.wall() + ttlSec * 1000
    await store.credentials.put({
      user: authorizationUser,
      agent: agent.id,
      ha1: ha1Of(authorizationUser, realm, password),
      basis: fingerprint(agent),
      expiresAt,
    })
    return { authorizationUser, password, expiresAt }
  }

  async function ha1For(user: string): Promise<DigestUser | undefined> {
    if (!user.includes('~')) {
      const agent = (await store.agents.get(user))?.item
      return agent && { agent: agent.id, ha1: agent.ha1 }
    }
    const credential = await store.credentials.get(user)
    // Asked for in any case, so that the time tells nothing.
    const agent = (await store.agents.get(user.slice(0, user.indexOf('~'))))?.item
    if (credential === undefined || credential.expiresAt <= clock.wall()) return undefined
    const { ha1, basis, expiresAt } = credential
    const holds = agent?.id === credential.agent && fingerprint(agent) === basis
    return holds ? { agent: agent.id, ha1, expiresAt } : undefined
  }

  return { verify, verifyIssued, issue, ha1For }
}

/** H(user:realm:password) per algorithm (RFC 7616 §3.4.2), lower-case hex. */
export function ha1Of(user: string, realm: string, password: string): Agent['ha1'] {
  return {
    md5: digestHa1('MD5', user, realm, password),
    sha256: digestHa1('SHA-256', user, realm, password),
  }
}

const nobody: Agent['ha1'] = { md5: '', sha256: randomBytes(32).toString('hex') }

function fingerprint({ ha1 }: Agent): string {
  return createHash('sha256').update(ha1.sha256).digest('hex')
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
