/** Counts the connections that peers made to us. */
export interface Admission {
  /** Takes a place for a connection from `address`; the result gives it back, once. Undefined: there is none left. */
  enter(address: string): (() => void) | undefined
}

/** Places in all and per address. */
export function createAdmission(limits: {
  readonly connections: number
  readonly connectionsPerAddress: number
}): Admission {
  const perAddress = new Map<string, number>()
  let total = 0

  function leave(address: string): void {
    total -= 1
    const left = (perAddress.get(address) ?? 1) - 1
    if (left === 0) perAddress.delete(address)
    else perAddress.set(address, left)
  }

  return {
    enter(address) {
      const here = perAddress.get(address) ?? 0
      if (total >= limits.connections || here >= limits.connectionsPerAddress) return undefined
      total += 1
      perAddress.set(address, here + 1)
      let inside = true
      return () => {
        if (inside) leave(address)
        inside = false
      }
    },
  }
}
