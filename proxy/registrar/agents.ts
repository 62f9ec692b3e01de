import type { HeaderLine } from '../../engine/message/message.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { EdgeEvent, SipEdge } from '../ports.ts'
import type { Authenticator } from './authenticate.ts'
import { speaksFor } from './identity.ts'
import { Proofs, type Proof } from './proofs.ts'
import type { Registrar } from './registrar.ts'

type RequestEvent = Extract<EdgeEvent, { kind: 'request' }>

export interface AgentsOptions {
  readonly edge: Pick<SipEdge, 'respond'>
  readonly authenticator: Authenticator
  readonly registrar: Registrar
  /** Domain of the agents' addresses of record. */
  readonly domain: string
  readonly log: Log
}

/** The agents' side of the door: who is on which connection. One connection speaks for one agent, proven by digest. */
export interface Agents {
  /** Answers a REGISTER. Resolves to the agent that is reached over this connection from now on, if one is. */
  register(event: RequestEvent, flow: string): Promise<string | undefined>
  /**
   * Who sent the request. When nobody is proven, the request has been answered (401, 400, 403, 503) and the result is
   * undefined. What was proven on a connection holds there for as long as the credentials do.
   */
  identify(event: RequestEvent, flow: string): Promise<string | undefined>
  flowClosed(flow: string): void
}

export function createAgents({ edge, authenticator, registrar, domain, log }: AgentsOptions): Agents {
  const proofs = new Proofs((agent, flow) => {
    registrar.flowClosed(agent, flow).catch((cause: unknown) => {
      log.warn('agent.unbind-failed', { agent, flow, cause: messageOf(cause) })
    })
  })

  async function register(event: RequestEvent, flow: string): Promise<string | undefined> {
    const proof = await prove(event, flow)
    if (proof === undefined || !isOwn(event, proof)) return undefined
    const { agent, expiresAt } = proof.credentials
    const { status, headers } = await registrar.register(agent, flow, event.request, expiresAt)
    log.info('agent.register', { agent, flow, status })
    edge.respond({ transaction: event.transaction, status, headers })
    return status === 200 ? agent : undefined
  }

  async function identify(event: RequestEvent, flow: string): Promise<string | undefined> {
    const before = proofs.get(flow)
    const holds = before !== undefined && (await authenticator.holds(before.user, before.credentials))
    const proof = holds ? before : await prove(event, flow)
    return proof !== undefined && isOwn(event, proof) ? proof.credentials.agent : undefined
  }

  /** A connection that is known for one agent is not taken over by another: that one opens its own. */
  async function prove(event: RequestEvent, flow: string): Promise<Proof | undefined> {
    const { transaction, request, origin } = event
    const identity = await authenticator.identify(request, { flow, address: origin.address })
    switch (identity.kind) {
      case 'known': {
        const { user, credentials } = identity
        const before = proofs.get(flow)?.credentials.agent ?? credentials.agent
        if (before !== credentials.agent) return refuse(transaction, 403)
        proofs.set(flow, { user, credentials })
        return { user, credentials }
      }
      case 'challenge':
        return refuse(transaction, 401, identity.headers)
      case 'malformed':
        return refuse(transaction, 400)
      case 'slowed': {
        log.warn('agent.login-slowed', { address: origin.address, waitMs: identity.waitMs })
        const seconds = String(Math.ceil(identity.waitMs / 1000))
        return refuse(transaction, 503, [['Retry-After', seconds]])
      }
    }
  }

  /** False when the request names another sender than the one who was proven; it has been answered then. */
  function isOwn({ transaction, request }: RequestEvent, { credentials: { agent } }: Proof): boolean {
    if (speaksFor(request, agent, domain)) return true
    log.warn('agent.not-itself', { agent, method: request.method })
    refuse(transaction, 403)
    return false
  }

  function refuse(transaction: string, status: number, headers: readonly HeaderLine[] = []): undefined {
    edge.respond({ transaction, status, headers })
    return undefined
  }

  return {
    register: (event, flow) => proofs.during(flow, () => register(event, flow)),
    identify: (event, flow) => proofs.during(flow, () => identify(event, flow)),
    flowClosed: flow => proofs.closed(flow),
  }
}
