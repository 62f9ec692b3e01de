import { z } from 'zod'
import { reasonOf } from '../../domain/choose.ts'
import { shownServer, type Choice, type Decision, type LookedAt } from '../../domain/decision.ts'
import type { Load } from '../../domain/media-server.ts'
import { standingOf, type Policy } from '../../domain/standing.ts'
import type { Keys } from '../keys.ts'
import { fromJson, mediaServerSchema, versionedSchema } from '../schemas.ts'
import type { ReserveOrder } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** What a reservation in Redis needs. */
export interface ReserveParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly garbage: Garbage
}

/** Chooses and reserves in Redis. Rejects with `E_REDIS_UNREACHABLE` or `E_STORE`. */
export async function reserveInRedis(
  parts: ReserveParts,
  policy: Policy,
  order: ReserveOrder,
): Promise<Choice> {
  const { connection, keys, garbage } = parts
  const { call, at, ttlMs, chance, exclude } = order
  const reply = await connection.run(
    'reserve',
    [keys.collection('servers'), keys.reservation(call)],
    [...rankingArgs(keys, policy, at), call, ttlMs, chance, ...exclude],
  )
  const { situation, picked, chosen, fence = 0, looked = [] } = replySchema.parse(JSON.parse(String(reply)))
  const question = { call, policy, exclude, chance, at }
  const seen = looked.map(one => lookedAt(one, policy, at))
  if (!picked || chosen === undefined) {
    const reason = reasonOf(situation)
    return {
      kind: 'none',
      reason,
      decision: { ...question, situation, looked: seen, choice: { kind: 'none', reason } },
    }
  }
  const { id, ...how } = picked
  const row = garbage.check(`${keys.collection('servers')} ${id}`, fromJson(rowSchema, chosen))
  // A row that the script could read and we cannot must not win again.
  if (row?.item.id !== id) return await reserveInRedis(parts, policy, { ...order, exclude: [...exclude, id] })
  const choice = { kind: 'chosen', server: id } as const
  const decision: Decision = { ...question, situation, picked: how, looked: seen, choice }
  return { kind: 'chosen', server: row.item, decision, fence }
}

/** What every script that stands on `rank.lua` is told first. */
export function rankingArgs(keys: Keys, policy: Policy, at: number): readonly (string | number)[] {
  return [keys.prefix, JSON.stringify(policy), at]
}

const rowSchema = versionedSchema(mediaServerSchema)
const count = z.int().min(0)
const whole = z.coerce.number()

const loadShown: z.ZodType<Load> = z.object({
  waiting: count,
  inCall: count,
  clients: count,
  channels: count,
  takenAt: whole,
  boot: whole,
  state: z.enum(['known', 'unknown', 'draining', 'hung', 'dead']).exactOptional(),
  reconciled: z.boolean(),
})

const lookedSchema = z.object({
  place: count.exactOptional(),
  id: z.string(),
  zone: z.string(),
  capacity: z.number(),
  weight: z.number().exactOptional(),
  maxCalls: z.number().exactOptional(),
  wanted: z.enum(['active', 'draining', 'disabled']),
  health: z.enum(['up', 'down', 'unknown', 'stopping', 'ejected']).catch('unknown'),
  reserved: count,
  load: loadShown.exactOptional(),
  until: whole,
  warmSince: whole.exactOptional(),
  nextAt: whole,
  ejections: count,
  ended: count.exactOptional(),
})

const replySchema = z.object({
  situation: z.object({
    counts: z.object({
      ready: count,
      warming: count,
      doubtful: count,
      full: count,
      out: count,
      off: count,
    }),
    counted: count,
    fresh: count,
  }),
  picked: z
    .object({
      id: z.string(),
      attempt: count,
      rule: z.enum(['least', 'two-choices', 'ledger']),
      zones: z.enum(['own', 'all']),
      ownBest: whole.exactOptional(),
      among: count,
    })
    .exactOptional(),
  chosen: z.string().exactOptional(),
  fence: whole.exactOptional(),
  looked: z.array(lookedSchema).exactOptional(),
})

function lookedAt(one: z.output<typeof lookedSchema>, policy: Policy, at: number): LookedAt {
  const { place, id, zone, capacity, weight, maxCalls, wanted, until, nextAt, ejections, ...told } = one
  const facts = {
    ...told,
    server: shownServer({ id, zone, capacity, weight, maxCalls, wanted }),
    ...(until && { until }),
    ...(nextAt && { nextAt }),
    ...(ejections && { ejections }),
  }
  return { ...facts, share: standingOf(facts, policy, at).load, ...(place !== undefined && { place }) }
}
