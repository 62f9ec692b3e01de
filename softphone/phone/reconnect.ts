/** How long to wait before attempt `attempt` (from 1) to get the line back: 0.5, 1, 2, 4 … 15 s, less up to half of it by `chance` in [0, 1). */
export function reconnectDelayMs(attempt: number, chance: number): number {
  const full = Math.min(longestMs, shortestMs * 2 ** Math.min(attempt - 1, 10))
  return Math.round(full * (1 - chance / 2))
}

const shortestMs = 500
const longestMs = 15_000
