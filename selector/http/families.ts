import { Counter, Gauge, type Registry } from 'prom-client'

/** Numbers of one name that are counted elsewhere and read when Prometheus asks. */
export interface Family {
  readonly name: string
  readonly kind: 'counter' | 'gauge'
  readonly help: string
  /** Names of the labels. */
  readonly labels: readonly string[]
  readonly read: () => readonly { readonly labels: readonly string[]; readonly value: number }[]
}

/** Shows `families` in `registry`; each is read anew whenever it is scraped. */
export function addFamilies(registry: Registry, families: readonly Family[]): void {
  for (const family of families) {
    if (family.kind === 'counter') addCounter(registry, family)
    else addGauge(registry, family)
  }
}

function addCounter(registry: Registry, { name, help, labels, read }: Family): void {
  const counter = new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      counter.reset()
      for (const { labels: values, value } of read()) counter.inc(named(labels, values), value)
    },
  })
}

function addGauge(registry: Registry, { name, help, labels, read }: Family): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      gauge.reset()
      for (const { labels: values, value } of read()) gauge.set(named(labels, values), value)
    },
  })
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']))
}
