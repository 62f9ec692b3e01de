import { z } from 'zod'
import type { Clock } from '../../../runtime/clock.ts'
import { messageOf } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import { reasonOf, type Choice, type Considered, type Policy } from '../../domain/choose.ts'
import type { Candidate, Load, MediaServer } from '../../domain/media-server.ts'
import { LedgerBook } from '../memory/ledger-book.ts'
import type { Keys } from '../keys.ts'
import { fromJson, healthSchema, loadSchema, mediaServerSchema, versionedSchema } from '../schemas.ts'
import type { Ledger, ReserveOrder } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** What the ledger needs. */
export interface LedgerParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly garbage: Garbage
  readonly policy: Policy
  /** The servers as last seen, for the time when Redis is away. */
  readonly servers: () => readonly MediaServer[]
  readonly clock: Clock
  readonly log: Log
}

/**
 * The ledger that all doors share. While Redis is away this process goes on with what it saw last and the reservations
 * that it made itself, so a placement is never refused for want of Redis.
 */
export function createRedisLedger(parts: LedgerParts): Ledger {
  const { connection, keys, policy, servers, clock, log } = parts
  const book = new LedgerBook(policy)
  let alone = false

  function onItsOwn(order: ReserveOrder, cause: unknown): Choice {
    if (!alone) log.warn('ledger.alone', { cause: messageOf(cause) })
    alone = true
    return book.reserve(servers(), order)
  }

  async function reserve(order: ReserveOrder): Promise<Choice> {
    try {
      const choice = await reserveInRedis(parts, order)
      alone = false
      if (choice.kind === 'chosen') book.note(order.call, choice.server.id, order.at + order.ttlMs)
      return choice
    } catch (cause) {
      return onItsOwn(order, cause)
    }
  }

  async function candidates(): Promise<readonly Candidate[]> {
    const known = servers()
    book.keepOnly(known)
    try {
      return await readCandidates(parts, known, book)
    } catch {
      return book.candidates(known, clock.wall())
    }
  }

  return {
    reserve,
    candidates,
    async putLoad(server, load, fence = 0) {
      book.putLoad(server, load)
      const args = [fence, loadTtlMs, ...fieldsOf(load)]
      await connection.tryTo(() => connection.run('load', [keys.load(server)], args))
    },
    async putHealth(server, health) {
      book.putHealth(server, health)
      await connection.tryTo(() => connection.ask(redis => redis.hset(keys.load(server), { health })))
    },
    async release(calls) {
      book.release(calls)
      if (calls.length === 0) return
      // What cannot be released now runs out by itself.
      await connection.tryTo(() =>
        connection.run(
          'release',
          calls.map(call => keys.reservation(call)),
          [keys.places, ...calls],
        ),
      )
    },
  }
}

/** Long enough to survive an outage of all collectors; only there so that removed servers leave nothing behind. */
const loadTtlMs = 3_600_000

function fieldsOf({ reconciled, ...numbers }: Load): (string | number)[] {
  return [...Object.entries(numbers).flat(), 'reconciled', reconciled ? '1' : '0']
}

async function reserveInRedis(parts: LedgerParts, order: ReserveOrder): Promise<Choice> {
  const { connection, keys, policy, garbage } = parts
  const args = [order.call, order.at, order.ttlMs, policy.utilisation, policy.rho, order.chance]
  const reply = await connection.run(
    'reserve',
    [keys.collection('servers'), keys.reservation(order.call)],
    [...args, keys.loads, keys.places, ...order.exclude],
  )
  const [id = '', json = '', ...triples] = replySchema.parse(reply)
  const considered = consideredOf(triples)
  if (id === '') return { kind: 'none', reason: reasonOf(considered), considered }
  const row = garbage.check(`${keys.collection('servers')} ${id}`, fromJson(rowSchema, json))
  if (row) return { kind: 'chosen', server: row.item, considered }
  // A row that the script could read and we cannot must not win again.
  return await reserveInRedis(parts, { ...order, exclude: [...order.exclude, id] })
}

const replySchema = z.array(z.string())
const rowSchema = versionedSchema(mediaServerSchema)

function consideredOf(triples: readonly string[]): readonly Considered[] {
  const considered: Considered[] = []
  for (let i = 0; i + 2 < triples.length; i += 3) {
    const [id = '', load = '', excluded = ''] = triples.slice(i, i + 3)
    const why = exclusionSchema.safeParse(excluded).data
    considered.push(why ? { id, excluded: why } : { id, load: Number(load) })
  }
  return considered.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

const exclusionSchema = z.enum(['not-active', 'not-reconciled', 'down', 'full', 'tried'])

/** Reads loads, health and reservations, and leaves loads and health in `book` for the time when Redis is away. */
async function readCandidates(
  { connection, keys, clock, garbage }: LedgerParts,
  servers: readonly MediaServer[],
  book: LedgerBook,
): Promise<readonly Candidate[]> {
  const now = clock.wall()
  const replies = await connection.askMany(pipeline => {
    for (const { id } of servers) {
      pipeline.hgetall(keys.load(id)).zcount(keys.reservations(id), `(${now}`, '+inf')
    }
  })
  return servers.map((server, index) => {
    const word = wordSchema.safeParse(replies[2 * index]).data
    const reserved = z
      .number()
      .catch(0)
      .parse(replies[2 * index + 1])
    const isEmpty = word !== undefined && word['waiting'] === undefined
    const load = isEmpty ? undefined : garbage.check(keys.load(server.id), loadSchema.safeParse(word).data)
    const health = healthSchema.parse(word?.['health'])
    book.putHealth(server.id, health)
    if (!load) return { server, reserved, health }
    book.putLoad(server.id, load)
    return { server, load, reserved, health }
  })
}

const wordSchema = z.record(z.string(), z.string())
