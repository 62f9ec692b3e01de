import type { Candidate } from './media-server.ts'

/** The line of those who serve a group. */
export function groupLine(group: string): string {
  return `group.${group}`
}

/** The line in which nobody but that agent waits. */
export function agentLine(agent: string): string {
  return `agent.${agent}`
}

/** The line of those who are on a media server. */
export function serverLine(server: string): string {
  return `server.${server}`
}

/** The lines of a pool: any waiting agent, on the server with the smallest share of its capacity in call first. */
export function poolLines(candidates: readonly Candidate[]): readonly string[] {
  return candidates
    .filter(({ health, load }) => health !== 'down' && load?.reconciled === true)
    .toSorted((a, b) => shareOf(a) - shareOf(b) || (a.server.id < b.server.id ? -1 : 1))
    .map(({ server }) => serverLine(server.id))
}

function shareOf({ load, server }: Candidate): number {
  return (load?.inCall ?? 0) / Math.max(1, server.capacity)
}
