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
