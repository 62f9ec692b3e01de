/** Runs `begin` now or in a later turn of the event loop, in the order in which they came. */
export type Turnstile = (begin: () => void) => void

/**
 * Lets what is costly begin `perTurn` at a time, one lot in each turn of the event loop: a crowd that comes at once waits in line,
 * and whatever else the process does goes on in between.
 */
export function createTurnstile(
  perTurn: number,
  nextTurn: (task: () => void) => void = setImmediate,
): Turnstile {
  let line: (() => void)[] = []
  let begun = 0

  function turn(): void {
    begun = 0
    const lot = line.slice(0, perTurn)
    line = line.slice(perTurn)
    for (const begin of lot) run(begin)
  }

  function run(begin: () => void): void {
    begun += 1
    if (begun === 1) nextTurn(turn)
    begin()
  }

  return begin => {
    if (begun < perTurn) run(begin)
    else line.push(begin)
  }
}
