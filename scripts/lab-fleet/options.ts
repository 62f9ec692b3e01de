import { InvalidArgumentError } from 'commander'

/** Reads a whole number within limits, for an option. */
export function whole(min: number, max: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`use a whole number from ${min} to ${max}`)
  }
}

/** Reads one IPv4 address. */
export function address(text: string): string {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text
  throw new InvalidArgumentError('use an IPv4 address')
}

/** Reads a comma-separated list of them. */
export function addresses(text: string): readonly string[] {
  return text.split(',').map(address)
}

/** Reads a range of ports such as 40000-44999. */
export function ports(text: string): readonly [number, number] {
  const [min = '', max = ''] = text.split('-')
  const port = whole(1024, 65_535)
  return [port(min), port(max)]
}
