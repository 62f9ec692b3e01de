import { z } from 'zod'
import type { Clock } from '../../../runtime/clock.ts'
import type { Keys } from '../keys.ts'
import { MemoryQueues } from '../memory/queues.ts'
import type { Queues } from '../store.ts'
import type { Connection } from './connection.ts'

/** Queues that all doors share. What this process told is asserted again by `renew`. */
export interface RedisQueues extends Queues {
  renew(): Promise<void>
}

export interface RedisQueuesParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly clock: Clock
  /** How long a word holds after the process that gave it last renewed it. */
  readonly ttlMs: number
}

/** While Redis is away the agents of this process can still be taken. */
export function createRedisQueues({ connection, keys, clock, ttlMs }: RedisQueuesParts): RedisQueues {
  const own = new MemoryQueues()
  const run = (op: string, agent: string, at: number, args: readonly (string | number)[]): Promise<unknown> =>
    connection.run('queue', [keys.clients(agent)], [op, keys.prefix, at, ...args])

  return {
    async join(attendance, at) {
      await own.join(attendance, at)
      const { agent, call, server, lines } = attendance
      await connection.tryTo(() => run('join', agent, at, [agent, call, server, lines.join(' '), ttlMs]))
    },
    async leave(agent, call) {
      await own.leave(agent, call)
      await connection.tryTo(() => run('leave', agent, clock.wall(), [agent, call]))
    },
    async occupy(agent, client, at, forMs) {
      await own.occupy(agent, client, at, forMs)
      await connection.tryTo(() => run('occupy', agent, at, [agent, client, forMs]))
    },
    async free(agent, client, at) {
      await own.free(agent, client, at)
      await connection.tryTo(() => run('free', agent, at, [agent, client]))
    },
    async take(order) {
      const { client, lines, passOver = [], at, ttlMs: forMs } = order
      try {
        const reply = await run('take', '', at, [client, forMs, lines.length, ...lines, ...passOver])
        const [agent, server, call] = takenSchema.parse(reply)
        if (agent === undefined || server === undefined || call === undefined) return undefined
        await own.occupy(agent, client, at, forMs)
        return { agent, server, call }
      } catch {
        const taken = await own.take(order)
        return taken && { ...taken, alone: true }
      }
    },
    async renew() {
      const at = clock.wall()
      for (const { agent, client } of own.talking()) await run('occupy', agent, at, [agent, client, ttlMs])
      for (const { agent, call, server, lines } of own.present()) {
        await run('join', agent, at, [agent, call, server, lines.join(' '), ttlMs])
      }
    },
  }
}

const takenSchema = z.array(z.string()).max(3)
