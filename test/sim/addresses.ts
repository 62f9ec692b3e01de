/** Where those live who have no engine. */
export const strangerAddress = '10.6.6.6'
export const flooderAddress = '10.0.4.1'
export const forkerAddress = '10.0.3.1'

/** Whether nobody knows who that is. */
export function isStranger(address: string): boolean {
  return address === strangerAddress
}

/** Whether the hosts of a world take calls from there. */
export function isKnown(address: string): boolean {
  return address.startsWith('10.0.')
}
