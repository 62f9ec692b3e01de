import { parseNameAddr } from '../../engine/message/name-addr.ts'
import type { SipRequest } from '../../engine/message/message.ts'
import { parseUri } from '../../engine/message/uri.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { EdgeEvent, SipEdge } from '../ports.ts'
import type { Authenticator } from './authenticate.ts'
import type { Registrar } from './registrar.ts'

type RequestEvent = Extract<EdgeEvent, { kind: 'request' }>

export interface AgentsOptions {
  readonly edge: Pick<SipEdge, 'respond'>
  readonly authenticator: Authenticator
  readonly registrar: Registrar
  readonly log: Log
}

/** The agents' side of the door: who is on which connection. One connection speaks for one agent, proven by digest. */
export interface Agents {
  /** Answers a REGISTER. */
  register(event: RequestEvent, flow: string): Promise<void>
  /** Who sent the request. When nobody is proven, the request has been answered (401, 400, 403) and the result is undefined. */
  identify(event: RequestEvent, flow: string): Promise<string | undefined>
  flowClosed(flow: string): void
}

export function createAgents({ edge, authenticator, registrar, log }: AgentsOptions): Agents {
  const onFlow = new Map<string, string>()

  async function register(event: RequestEvent, flow: string): Promise<void> {
    const agent = await prove(event, flow)
    if (agent === undefined) return
    const { status, headers } = await registrar.register(agent, flow, event.request)
    log.info('agent.register', { agent, flow, status })
    edge.respond({ transaction: event.transaction, status, headers })
  }

  async function identify(event: RequestEvent, flow: string): Promise<string | undefined> {
    const agent = onFlow.get(flow) ?? (await prove(event, flow))
    if (agent === undefined || sender(event.request) === agent) return agent
    edge.respond({ transaction: event.transaction, status: 403 })
    return undefined
  }

  /** A connection that is known for one agent is not taken over by another: that one opens its own. */
  async function prove(event: RequestEvent, flow: string): Promise<string | undefined> {
    const { transaction, request } = event
    const identity = await authenticator.identify(request)
    switch (identity.kind) {
      case 'known':
        if ((onFlow.get(flow) ?? identity.agent) === identity.agent) {
          onFlow.set(flow, identity.agent)
          return identity.agent
        }
        edge.respond({ transaction, status: 403 })
        return undefined
      case 'challenge':
        edge.respond({ transaction, status: 401, headers: identity.headers })
        return undefined
      case 'malformed':
        edge.respond({ transaction, status: 400 })
        return undefined
    }
  }

  function flowClosed(flow: string): void {
    onFlow.delete(flow)
    registrar.flowClosed(flow).catch((cause: unknown) => {
      log.warn('agent.unbind-failed', { flow, cause: messageOf(cause) })
    })
  }

  return { register, identify, flowClosed }
}

/** The user of From, in lower case: whom the sender claims to be. */
function sender(request: SipRequest): string | undefined {
  const from = parseNameAddr(request.headers.get('From') ?? '')
  return from && parseUri(from.uri)?.user?.toLowerCase()
}
