import type { Core } from './core.ts'

/**
 * Whether there is room for one more request of a peer. Under load the least valuable goes first: OPTIONS, then REGISTER, then
 * new calls, and what belongs to a running call last. A BYE always may: it makes room, and each call has but one.
 */
export function mayEnter(core: Core, method: string, isInDialog: boolean, address: string): boolean {
  if (isInDialog && method === 'BYE') return true
  const share = isInDialog ? 1 : (shares.get(method) ?? newShare)
  return hasRoom(core, share) && core.servers.groupSize(address) < core.limits.perSource
}

/** Whether our application may send one more request; a BYE always may. */
export function mayLeave(core: Core, method: string, isInDialog: boolean): boolean {
  return method === 'BYE' || hasRoom(core, isInDialog ? 1 : newShare)
}

/** Whether one more call can be set up. */
export function mayCall(core: Core): boolean {
  return core.dialogs.size < core.limits.dialogs
}

/** Seconds for Retry-After, spread so that peers do not come back all at once. */
export function retryAfter(core: Core): string {
  return String(1 + (Number.parseInt(core.random(1), 16) % 10))
}

function hasRoom({ servers, clients, limits }: Core, share: number): boolean {
  return servers.size + clients.size < limits.transactions * share
}

const newShare = 0.9
const shares: ReadonlyMap<string, number> = new Map([
  ['OPTIONS', 0.7],
  ['REGISTER', 0.8],
])
