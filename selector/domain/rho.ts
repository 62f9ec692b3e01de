import type { Load } from './media-server.ts'

/**
 * The share of agents that are in call, between 0.6 and 0.9 in steps of 0.05; `current` while there are fewer than 20
 * agents or the share is still near it, so that loads are not computed anew for nothing.
 */
export function measuredRho(loads: readonly Load[], current: number): number {
  const told = loads.filter(({ reconciled }) => reconciled)
  const inCall = told.reduce((sum, load) => sum + load.inCall, 0)
  const agents = told.reduce((sum, load) => sum + load.waiting, inCall)
  if (agents < enough) return current
  const share = Math.min(0.9, Math.max(0.6, inCall / agents))
  return Math.abs(share - current) < nearby ? current : Math.round(share * 20) / 20
}

const enough = 20
const nearby = 0.04
