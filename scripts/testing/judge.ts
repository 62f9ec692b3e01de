/** What a test file came to. */
export interface Judged {
  readonly passed: number
  readonly failed: number
  /** The parts of its output that tell what went wrong. */
  readonly told: readonly string[]
}

/**
 * Counts the assertions in the TAP that a file printed. `ended` tells how it ended if badly, which is a failure even when no assertion
 * is; so is a file that asserts nothing.
 */
export function judge(lines: readonly string[], ended: string): Judged {
  let [passed, failed] = [0, 0]
  const told: string[] = []
  for (const line of lines) {
    const result = /^\s*(not ok|ok) \d+/.exec(line)?.[1]
    if (result === 'ok') passed += 1
    if (result === 'not ok') failed += 1
    // What follows the first failure, other than successes, explains it.
    if (failed > 0 && result !== 'ok') told.push(printable(line))
  }
  if (failed > 0) return { passed, failed, told }
  const wrong = ended || (passed === 0 ? 'no assertion' : '')
  return wrong === ''
    ? { passed, failed, told }
    : { passed, failed: 1, told: [...lines.slice(-40).map(printable), wrong] }
}

/** Test names may hold what a hostile peer sends. */
function printable(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, '?')
}
