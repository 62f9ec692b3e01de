import type { Route } from '../../selector/domain/route.ts'
import { createRouteTable } from '../../selector/domain/route-table.ts'
import type { RouteQuery } from '../../selector/domain/route-test.ts'
import type { Bench } from './bench.ts'
import { median, percentile, rounded } from './statistics.ts'

/** How long it takes to find the rule of a call among many. */
export const routes: Bench = {
  about:
    'microseconds to find the route of a call among --rules: by prefix, by pattern, mixed, without a fit',
  async run(flags) {
    const rules = flags.number('rules', 10_000, 1, 100_000)
    const rounds = flags.number('rounds', 7, 1, 100)
    flags.finish()
    const figures: Record<string, number> = {}
    for (const [name, { table, numbers }] of Object.entries(cases(rules))) {
      const made = createRouteTable(table)
      const times = Array.from({ length: rounds + 1 }, () =>
        time(numbers, number => void made.match(call(number))),
      )
      // The first round warms up.
      const each = times.slice(1).flat()
      figures[`${name}P50Us`] = rounded(median(each))
      figures[`${name}P99Us`] = rounded(percentile(each, 0.99))
    }
    const began = performance.now()
    createRouteTable(cases(rules)['mixed']?.table ?? [])
    figures['compileMs'] = rounded(performance.now() - began, 0)
    return { figures, conditions: { rules, rounds, callsPerRound: calls, perSample } }
  },
}

const calls = 20_000
/** A clock is too coarse for one call, so that each sample is the mean of a few. */
const perSample = 10

interface Case {
  readonly table: readonly Route[]
  readonly numbers: readonly string[]
}

function cases(rules: number): Readonly<Record<string, Case>> {
  const numbers = Array.from({ length: calls }, (_, n) => did((n * 7919) % rules))
  const byPrefix = Array.from({ length: rules }, (_, n) => rule(n, { number: { prefix: did(n) } }))
  const byPattern = Array.from({ length: rules }, (_, n) =>
    rule(n, { number: { pattern: String.raw`(${did(n)})\d{0,4}` } }),
  )
  const mixed = Array.from({ length: rules }, (_, n) => mixedRule(n, did(n)))
  const unfit = numbers.map(number => `${number.slice(0, -3)}999#`)
  return {
    prefix: { table: byPrefix, numbers },
    pattern: { table: byPattern, numbers },
    mixed: { table: mixed, numbers },
    none: { table: mixed.slice(0, -1), numbers: unfit.map(number => `7${number}`) },
  }
}

function did(n: number): string {
  return `4930${String(n).padStart(6, '0')}`
}

/** What a real table looks like: many numbers, some by trunk, header or time, and a few rules that fit nearly everything. */
function mixedRule(n: number, number: string): Route {
  switch (n % 5) {
    case 0:
      return rule(n, { number: { prefix: number } })
    case 1:
      return rule(n, { number: { pattern: String.raw`${number}\d*` }, trunks: ['acision', 'other'] })
    case 2:
      return rule(n, { number: { prefix: number }, header: { name: 'X-Tenant', value: { pattern: 'a.*' } } })
    case 3:
      return rule(n, {
        number: { prefix: number },
        times: [{ from: '00:00', until: '24:00', zone: 'Europe/Berlin' }],
      })
    default:
      return rule(n, { number: { pattern: String.raw`(49)(30)${number.slice(4)}` } })
  }
}

function rule(n: number, when: Route['when']): Route {
  return { id: `r${n}`, enabled: true, rank: n, direction: 'in', when, to: [{ kind: 'pool' }] }
}

function call(number: string): RouteQuery {
  return {
    direction: 'in',
    method: 'INVITE',
    trunk: 'acision',
    number,
    caller: '4940555',
    header: name => (name === 'X-Tenant' ? 'acme' : undefined),
    at: 1_700_000_000_000,
  }
}

/** Microseconds for one number, in samples. */
function time(numbers: readonly string[], task: (number: string) => void): number[] {
  const samples: number[] = []
  for (let at = 0; at < numbers.length; at += perSample) {
    const batch = numbers.slice(at, at + perSample)
    const began = performance.now()
    for (const number of batch) task(number)
    samples.push(((performance.now() - began) * 1000) / batch.length)
  }
  return samples
}
