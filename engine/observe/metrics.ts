/** One number and the values of its labels, in the order of their names. */
export interface Sample {
  readonly labels: readonly string[]
  readonly value: number
}

/** Numbers of one name, as Prometheus knows them. */
export interface Family {
  readonly name: string
  readonly kind: 'counter' | 'gauge'
  readonly help: string
  /** Names of the labels. */
  readonly labels: readonly string[]
  /** The numbers as they are now. */
  readonly read: () => readonly Sample[]
}

/** A number that only grows, by up to two labels. */
export interface Counter {
  /** Counts one more. After 200 different label values the next new ones count as `other`. */
  add(first?: string, second?: string): void
}

/** Where parts of the engine count. Plain numbers: whoever shows them reads `families`. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter
  /** `read` is called when somebody looks. */
  gauge(name: string, help: string, labels: readonly string[], read: () => readonly Sample[]): void
  families(): readonly Family[]
}

/** Metrics of one process; a name that is given twice is one counter. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>()
  const counters = new Map<string, Cells>()
  return {
    counter(name, help, labels = []) {
      const known = counters.get(name)
      if (known !== undefined) return known
      const cells = new Cells()
      counters.set(name, cells)
      families.set(name, { name, kind: 'counter', help, labels, read: () => cells.samples(labels.length) })
      return cells
    },
    gauge(name, help, labels, read) {
      families.set(name, { name, kind: 'gauge', help, labels, read })
    },
    families: () => [...families.values()],
  }
}

/** The gauge of one number. */
export function single(value: number): readonly Sample[] {
  return [{ labels: [], value }]
}

interface Cell {
  readonly labels: readonly [string, string]
  value: number
}

const mostCells = 200

class Cells implements Counter {
  readonly #cells = new Map<string, Map<string, Cell>>()
  #count = 0

  add(first = '', second = ''): void {
    const cell = this.#cells.get(first)?.get(second) ?? this.#newCell(first, second)
    cell.value += 1
  }

  samples(labels: number): readonly Sample[] {
    const all = [...this.#cells.values()].flatMap(row => [...row.values()])
    return all.map(({ labels: values, value }) => ({ labels: values.slice(0, labels), value }))
  }

  #newCell(first: string, second: string): Cell {
    const isOther = first === other && second === ''
    if (this.#count >= mostCells && !isOther) {
      return this.#cells.get(other)?.get('') ?? this.#newCell(other, '')
    }
    const cell: Cell = { labels: [first, second], value: 0 }
    const row = this.#cells.get(first) ?? new Map<string, Cell>()
    this.#cells.set(first, row.set(second, cell))
    this.#count += 1
    return cell
  }
}

const other = 'other'
