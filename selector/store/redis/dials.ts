import { z } from 'zod'
import type { Clock } from '../../../runtime/clock.ts'
import { PorticoError } from '../../../runtime/errors.ts'
import { dialStates, isFinal, type Dial, type DialNews } from '../../domain/dial.ts'
import type { DialLimit } from '../../domain/dial-policy.ts'
import type { Keys } from '../keys.ts'
import { dialNewsSchema, dialOrderSchema, fromJson } from '../schemas.ts'
import type { DialBegun, DialRequest, DialStore } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** Calls ordered by all processes. Those that are up and were told by this one are held by it. */
export interface RedisDials extends DialStore {
  /** Asserts that the calls which are up still count under their limits. */
  renew(): Promise<void>
}

/** What they need. */
export interface DialParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly garbage: Garbage
  readonly clock: Clock
  /** How long a call that is up counts after its last renewal. */
  readonly holdMs: number
}

/** Limits are counted where the order is noted, in one script, so that no two processes can go over one together. */
export function createRedisDials(parts: DialParts): RedisDials {
  return new Dials(parts)
}

class Dials implements RedisDials {
  readonly #parts: DialParts
  /** Calls that are up → whose limits they count under. */
  readonly #held = new Map<string, readonly string[]>()

  constructor(parts: DialParts) {
    this.#parts = parts
  }

  async begin(request: DialRequest): Promise<DialBegun> {
    const { connection, keys, clock } = this.#parts
    const { order, limits, holdMs, keepMs } = request
    const news: DialNews = { state: 'ordered', at: order.at }
    const reply = begun.parse(
      await connection.run('dial', beginKeys(keys, request), [
        order.call,
        JSON.stringify(order),
        JSON.stringify(news),
        JSON.stringify(limits.map(whose)),
        clock.wall(),
        clock.wall() + holdMs,
        keepMs,
        ...limits.flatMap(({ calls = '', callsPerHour = '' }) => [calls, callsPerHour]),
      ]),
    )
    if (reply[0] === 'begun') return { kind: 'begun', dial: { ...order, news } }
    if (reply[0] === 'known') return { kind: 'known', dial: await this.#known(reply[1]) }
    const [, number, most, retryMs] = reply
    const limit = limits[number - 1]
    if (!limit) throw new PorticoError('E_STORE', 'a limit was reached that was not asked for')
    return { kind: 'refused', limit, most, ...(most === 'callsPerHour' && { retryMs }) }
  }

  async tell(call: string, news: DialNews): Promise<Dial | undefined> {
    const { connection, keys } = this.#parts
    if (isFinal(news.state)) this.#held.delete(call)
    const rank = Math.min(dialStates.indexOf(news.state), dialStates.indexOf('ended'))
    const reply = await connection.run('dialled', [keys.dial(call)], [JSON.stringify(news), rank])
    const [order, holds] = told.parse(reply)
    const whoses = fromJson(names, holds ?? '') ?? []
    if (isFinal(news.state)) await this.#count([[call, whoses]], 'over')
    if (news.state === 'answered') {
      this.#held.set(call, whoses)
      await this.#count([[call, whoses]], 'up')
    }
    return this.#read(call, order, JSON.stringify(news))
  }

  async get(call: string): Promise<Dial | undefined> {
    const { connection, keys } = this.#parts
    const [order, news] = await connection.ask(redis => redis.hmget(keys.dial(call), 'order', 'news'))
    return this.#read(call, order, news)
  }

  async forget(call: string): Promise<void> {
    const { connection, keys } = this.#parts
    const [json, holds] = await connection.ask(redis => redis.hmget(keys.dial(call), 'order', 'holds'))
    const order = fromJson(dialOrderSchema, json ?? '')
    await connection.askMany(pipeline => {
      for (const name of fromJson(names, holds ?? '') ?? [])
        pipeline.zrem(keys.dialling(name), call).zrem(keys.dialled(name), call)
      pipeline.del(keys.dial(call))
      if (order?.reference !== undefined) pipeline.del(keys.dialReference(order.agent, order.reference))
    })
  }

  async renew(): Promise<void> {
    await this.#count(this.#held, 'up')
  }

  /** Calls that are up count for a while longer; those that are over count no more. */
  async #count(calls: Iterable<readonly [string, readonly string[]]>, as: 'up' | 'over'): Promise<void> {
    const { connection, keys, clock, holdMs } = this.#parts
    await connection.askMany(pipeline => {
      for (const [call, whoses] of calls) {
        for (const key of whoses.map(name => keys.dialling(name))) {
          if (as === 'over') pipeline.zrem(key, call)
          else pipeline.zadd(key, clock.wall() + holdMs, call).pexpire(key, dayMs)
        }
      }
    })
  }

  async #known(call: string): Promise<Dial> {
    const dial = await this.get(call)
    if (dial) return dial
    throw new PorticoError('E_STORE', `what is known of call ${call} cannot be read; use another reference`)
  }

  #read(call: string, order: unknown, news: unknown): Dial | undefined {
    if (typeof order !== 'string' || typeof news !== 'string') return undefined
    const read = fromJson(dialOrderSchema, order)
    const last = fromJson(dialNewsSchema, news)
    return this.#parts.garbage.check(this.#parts.keys.dial(call), read && last && { ...read, news: last })
  }
}

function beginKeys(keys: Keys, { order, limits }: DialRequest): readonly string[] {
  const { call, agent, reference } = order
  return [
    keys.dial(call),
    reference === undefined ? keys.dial(call) : keys.dialReference(agent, reference),
    ...limits.flatMap(limit => [keys.dialling(whose(limit)), keys.dialled(whose(limit))]),
  ]
}

function whose({ kind, id }: DialLimit): string {
  return `${kind}.${id}`
}

const names = z.array(z.string().max(512)).max(64)
const told = z.array(z.string().nullable()).max(2)
const dayMs = 86_400_000
const begun = z.union([
  z.tuple([z.literal('begun')]),
  z.tuple([z.literal('known'), z.string()]),
  z.tuple([z.literal('refused'), z.int(), z.enum(['calls', 'callsPerHour']), z.number()]),
])
