/** Scenes at a door of `doorParts`: who calls, and what the far end says. */
import type { HeaderLine } from '../../engine/message/message.ts'
import type { Origin, RequestOrder } from '../../proxy/ports.ts'
import { origins, requestEvent, responseEvent, type DoorParts } from './door-parts.ts'

/** Every INVITE that the door has sent. */
export function invites({ edge }: DoorParts): readonly RequestOrder[] {
  return edge.requests.filter(({ method }) => method === 'INVITE')
}

/** Whoever was asked last takes the call, or says something else. */
export async function answer(parts: DoorParts, status = 200): Promise<void> {
  const branch = invites(parts).at(-1)?.transaction ?? ''
  const isTaken = status >= 200 && status < 300
  await parts.tell(
    isTaken ? responseEvent(branch, status, `to-${branch}`, 'o=far') : responseEvent(branch, status),
  )
}

/** The headers by which an agent is known. */
export function as(agent: string): readonly HeaderLine[] {
  return [
    ['From', `<sip:${agent}@portico.test>;tag=a`],
    ['X-Agent', agent],
  ]
}

/** An agent enters its conference by a dialog `dialog-<agent>`. */
export async function enter(parts: DoorParts, agent: string, origin: Origin = origins.agent): Promise<void> {
  await parts.tell(requestEvent('INVITE', { origin, transaction: agent, headers: as(agent), sdp: 'o=agent' }))
  await answer(parts)
}

/** A client of the trunk calls an agent, by a dialog `dialog-<transaction>`. */
export async function clientCalls(
  parts: DoorParts,
  transaction: string,
  agent: string,
  headers: readonly HeaderLine[] = [],
): Promise<void> {
  const uri = `sip:${agent}@door`
  await parts.tell(
    requestEvent('INVITE', { origin: origins.trunk, transaction, uri, headers, sdp: 'o=client' }),
  )
}

/** The same, and it comes to the agent. */
export async function clientComes(...call: Parameters<typeof clientCalls>): Promise<void> {
  await clientCalls(...call)
  await answer(call[0])
}

/** The phone of an agent calls somebody, by a dialog `dialog-<transaction>`. */
export async function agentCalls(
  parts: DoorParts,
  agent: string,
  { uri, transaction, more = [] }: AgentCall,
): Promise<void> {
  const headers = [...as(agent), ...more]
  await parts.tell(
    requestEvent('INVITE', { origin: origins.agent, transaction, uri, headers, sdp: 'o=phone' }),
  )
}

interface AgentCall {
  readonly uri: string
  readonly transaction: string
  readonly more?: readonly HeaderLine[]
}

/** The dialog with whoever was called last, once that one has answered. */
export function lastDialog(parts: DoorParts): string {
  return `to-${invites(parts).at(-1)?.transaction}`
}

/** What agents were told last of a transfer. */
export function lastNotified({ edge }: DoorParts): string | undefined {
  return edge.requests.findLast(({ method }) => method === 'NOTIFY')?.body?.content.trim()
}

/** The kinds of the door's calls, in the order in which they began. */
export function kindsOf({ door }: DoorParts): readonly string[] {
  return [...door.calls.all()].map(({ call: { kind } }) => kind)
}
