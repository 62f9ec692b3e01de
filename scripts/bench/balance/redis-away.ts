import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { systemClock } from '../../../runtime/clock.ts'
import type { Ledger } from '../../../selector/store/store.ts'
import { Chance } from '../../../test/sim/chance.ts'
import { startRedis, type TestRedis } from '../../../test/support/redis.ts'
import type { Bench } from '../bench.ts'
import { rounded } from '../statistics.ts'
import { startDoors } from './portico.ts'
import type { Rule } from './rules.ts'
import { spreadPct } from './simulate.ts'

/** Redis goes away under three doors, and returns. A call that is not placed ends the benchmark. */
export const redisAway: Bench = {
  about:
    'Redis stopped or hanging for --seconds under 3 doors at 5 calls/s: spread, and how soon counters are right',
  async run(flags) {
    const seconds = flags.number('seconds', 300, 10, 3_600)
    const how = flags.choice('how', ['stop', 'hang'])
    const seed = flags.number('seed', 1, 0, 2 ** 31)
    flags.finish()
    const redis = await startRedis()
    const chance = new Chance(seed)
    const share = chance.stream('portico')
    const doors = await startDoors({
      doors: 3,
      servers: 8,
      share: () => share.share(),
      clock: systemClock,
      redis,
    })
    const watch = new Watch(doors, doors.ledgers)
    try {
      const traffic = { ...usual, measuredMs: seconds * 1_000 }
      const spread = await spreadPct(watch, traffic, chance, {
        clock: new Pace(),
        begin: async () => {
          await outages[how].begin(redis)
          watch.away()
        },
        end: async () => {
          await outages[how].end(redis)
          watch.back()
        },
      })
      return {
        figures: { spreadPct: rounded(spread, 1), ...watch.figures() },
        conditions: { how, seed, ...traffic },
      }
    } finally {
      await doors.stop?.()
    }
  },
}

/** 400 calls in progress on average, from the first moment on. */
const usual = {
  servers: 8,
  doors: 3,
  perSecond: 5,
  meanMs: 80_000,
  callsAtStart: 400,
  refreshMs: 2_000,
  warmUpMs: 20_000,
  coolDownMs: 30_000,
}

interface Outage {
  begin(redis: TestRedis): Promise<void>
  end(redis: TestRedis): Promise<void>
}

const outages: Readonly<Record<'stop' | 'hang', Outage>> = {
  /** An operator stops it and starts it again: it comes back with what it knew then. */
  stop: {
    async begin(redis) {
      await promisify(execFile)('redis-cli', ['-p', String(redis.port), 'save'])
      await redis.kill()
    },
    end: redis => redis.restart(),
  },
  hang: {
    begin: async redis => void process.kill(redis.pid, 'SIGSTOP'),
    end: async redis => void process.kill(redis.pid, 'SIGCONT'),
  },
}

/** The simulation's time as it passes on this machine; when it is late, it does not wait. */
class Pace {
  readonly #begun = performance.now()
  #due = 0

  async advance(ms: number): Promise<void> {
    this.#due += ms
    const wait = this.#due - (performance.now() - this.#begun)
    if (wait > 0) await sleep(wait)
  }
}

/** Passes on to the doors, and looks at what becomes of it. */
class Watch implements Rule {
  readonly #rule: Rule
  readonly #ledgers: readonly Ledger[]
  #state: 'before' | 'away' | 'back' = 'before'
  #placed = 0
  #slowestMs = 0
  #backAt = 0
  /** When the counters were found right after the return, and never wrong again. */
  #rightAt: number | undefined

  constructor(rule: Rule, ledgers: readonly Ledger[]) {
    this.#rule = rule
    this.#ledgers = ledgers
  }

  away(): void {
    this.#state = 'away'
  }

  back(): void {
    this.#state = 'back'
    this.#backAt = performance.now()
  }

  async place(call: number, door: number, at: number): Promise<number> {
    const begun = performance.now()
    const server = await this.#rule.place(call, door, at)
    if (this.#state !== 'away') return server
    this.#placed += 1
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - begun)
    return server
  }

  async ended(call: number, door: number, server: number, at: number): Promise<void> {
    await this.#rule.ended(call, door, server, at)
  }

  async told(counts: readonly number[], seenUntil: number): Promise<void> {
    await this.#rule.told(counts, seenUntil)
    if (this.#state !== 'back') return
    this.#rightAt = (await this.#excess(counts)) === 0 ? (this.#rightAt ?? performance.now()) : undefined
  }

  figures(): Readonly<Record<string, number>> {
    return {
      placedMeanwhile: this.#placed,
      slowestMs: rounded(this.#slowestMs, 1),
      rightAfterSeconds: rounded(((this.#rightAt ?? Number.NaN) - this.#backAt) / 1_000, 1),
    }
  }

  /** By how many calls what the doors see differs from what the servers carry, all of which was told just now. */
  async #excess(counts: readonly number[]): Promise<number> {
    const [ledger] = this.#ledgers
    const candidates = (await ledger?.candidates()) ?? []
    return candidates.reduce((sum, { server, load, reserved, ended = 0 }) => {
      const carried = counts[Number(server.id.slice('ms-'.length))] ?? 0
      return sum + Math.abs((load?.waiting ?? 0) + reserved - ended - carried)
    }, 0)
  }
}
