import { PorticoError } from '../../runtime/errors.ts'

/** The `--name value` arguments of a benchmark. Each read has a default and bounds; a flag that nobody reads is an error. */
export class Flags {
  readonly #given = new Map<string, string>()
  readonly #read = new Set<string>()
  readonly #argv: readonly string[]

  /** Throws `E_API` when an argument is not of the form `--name value` or `--name`. */
  constructor(argv: readonly string[]) {
    this.#argv = argv
    for (let at = 0; at < argv.length; at++) {
      const name = /^--([a-z-]+)$/.exec(argv[at] ?? '')?.[1]
      if (name === undefined) throw new PorticoError('E_API', `${argv[at]}: give flags as --name value`)
      const value = argv[at + 1]
      const hasValue = value !== undefined && !value.startsWith('--')
      this.#given.set(name, hasValue ? value : '')
      if (hasValue) at++
    }
  }

  /** Throws `E_API` when the value is no number from `least` to `most`. */
  number(name: string, standard: number, least: number, most: number): number {
    this.#read.add(name)
    const given = this.#given.get(name)
    const value = given === undefined ? standard : Number(given || Number.NaN)
    if (value >= least && value <= most) return value
    throw new PorticoError('E_API', `--${name}: must be a number from ${least} to ${most}`)
  }

  /** Throws `E_API` when the value is none of `allowed`, whose first is the default. */
  choice<const T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
    this.#read.add(name)
    const given = this.#given.get(name) ?? allowed[0]
    const found = allowed.find(value => value === given)
    if (found !== undefined) return found
    throw new PorticoError('E_API', `--${name}: must be one of ${allowed.join(', ')}`)
  }

  /** Undefined when it was not given. */
  text(name: string): string | undefined {
    this.#read.add(name)
    return this.#given.get(name) || undefined
  }

  has(name: string): boolean {
    this.#read.add(name)
    return this.#given.has(name)
  }

  /** All of them, for one who reads them elsewhere. */
  pass(): readonly string[] {
    return this.#argv
  }

  /** Throws `E_API` when a flag was given that the benchmark does not know. */
  finish(): void {
    const unknown = [...this.#given.keys()].filter(name => !this.#read.has(name))
    if (unknown.length === 0) return
    const known = [...this.#read].map(name => `--${name}`).join(' ')
    throw new PorticoError('E_API', `--${unknown[0]}: is unknown here; known are ${known}`)
  }
}
