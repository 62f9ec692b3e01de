import { Chance } from '../../../test/sim/chance.ts'
import type { Bench, Measured } from '../bench.ts'
import type { Flags } from '../flags.ts'
import { rounded } from '../statistics.ts'
import { startPortico } from './portico.ts'
import { haproxy, kamailio, random, staleLeast, twoChoices, type Rule } from './rules.ts'
import { burst, spreadPct, type Traffic } from './simulate.ts'

const servers = 8
const shown = (line: string): void => console.error(line)

/** 500 logins in 10 s: how far apart the servers are afterwards. */
export const balanceBurst: Bench = {
  about: '500 logins in 10 s on 8 servers: max − min, beside the rules of others',
  async run(flags) {
    const seed = flags.number('seed', 1, 0, 2 ** 31)
    flags.finish()
    const figures: Record<string, number> = {}
    for (const doors of [1, 3]) {
      const login = { servers, doors, logins: 500, overMs: 10_000, refreshMs: 2_000, lagMs: 1_000 }
      const portico = await startPortico(doors, servers, stream(seed, 'portico'))
      try {
        figures[name('maxMinusMin', doors)] = await burst(portico, login, portico)
        figures[name('notReplayed', doors)] = portico.notReplayed
      } finally {
        await portico.stop?.()
      }
      for (const [rule, make] of others) figures[name(rule, doors)] = await burst(make(doors, seed), login)
    }
    tell(figures)
    return { figures, conditions: { seed, servers, refreshMs: 2_000, lagMs: 1_000 } }
  },
}

/** Free legs with counters of a usual age. */
export const balanceSteady: Bench = {
  about: 'free legs, counters 5 s old and less: spread in per cent, beside the rules of others',
  run: async flags => await overAges(flags, [200, 1_000, 2_000, 5_000]),
}

/** The same with counters that are late or lost, and without Redis. */
export const balanceStale: Bench = {
  about: 'free legs, counters 5 s to 2 min old, and Redis away for 5 min: spread in per cent',
  async run(flags) {
    const seed = flags.number('seed', 1, 0, 2 ** 31)
    const outage = await outageSpread(seed)
    const aged = await overAges(flags, [5_000, 10_000, 30_000, 120_000])
    tell({ outage })
    return { ...aged, figures: { ...aged.figures, outage } }
  },
}

async function overAges(flags: Flags, ages: readonly number[]): Promise<Measured> {
  const seed = flags.number('seed', 1, 0, 2 ** 31)
  const minutes = flags.number('minutes', 30, 1, 600)
  flags.finish()
  const figures: Record<string, number> = {}
  for (const doors of [1, 3]) {
    for (const refreshMs of ages) {
      const traffic = { ...usual, doors, refreshMs, measuredMs: minutes * 60_000 }
      const label = (rule: string): string => `${name(rule, doors)} ${refreshMs / 1_000}s`
      const portico = await startPortico(doors, servers, stream(seed, 'portico'))
      try {
        const spread = await spreadPct(portico, traffic, new Chance(seed), portico)
        figures[label('spreadPct')] = rounded(spread, 1)
        if (portico.notReplayed > 0) figures[label('notReplayed')] = portico.notReplayed
      } finally {
        await portico.stop?.()
      }
      for (const [rule, make] of others) {
        figures[label(rule)] = rounded(await spreadPct(make(doors, seed), traffic, new Chance(seed)), 1)
      }
    }
  }
  tell(figures)
  return { figures, conditions: { seed, minutes, ...usual } }
}

/** Redis goes away under three doors for five minutes, at five calls a second. */
async function outageSpread(seed: number): Promise<number> {
  const portico = await startPortico(3, servers, stream(seed, 'portico'))
  const traffic = { ...usual, doors: 3, perSecond: 5, meanMs: 80_000, refreshMs: 2_000, measuredMs: 300_000 }
  try {
    const begin = (): Promise<void> => portico.cutRedis()
    return rounded(await spreadPct(portico, traffic, new Chance(seed), { clock: portico.clock, begin }), 1)
  } finally {
    await portico.stop?.()
  }
}

/** 400 calls in progress on average. */
const usual: Traffic = {
  servers,
  doors: 1,
  perSecond: 2.2,
  meanMs: 180_000,
  refreshMs: 5_000,
  warmUpMs: 600_000,
  measuredMs: 1_800_000,
}

type Make = (doors: number, seed: number) => Rule

const others: readonly (readonly [name: string, make: Make])[] = [
  ['kamailio', doors => kamailio(doors, servers)],
  ['haproxy', doors => haproxy(doors, servers)],
  ['twoChoices', (_doors, seed) => twoChoices(servers, stream(seed, 'two'))],
  ['staleLeast', (_doors, seed) => staleLeast(servers, stream(seed, 'least'))],
  ['random', (_doors, seed) => random(servers, stream(seed, 'random'))],
]

function stream(seed: number, of: string): () => number {
  const chance = new Chance(seed, of)
  return () => chance.share()
}

/** The figure of three doors is the one that counts. */
function name(figure: string, doors: number): string {
  return doors === 3 ? figure : `${figure} ${doors} door`
}

function tell(figures: Readonly<Record<string, number>>): void {
  for (const [figure, value] of Object.entries(figures)) shown(`  ${figure.padEnd(28)} ${value}`)
}
