import type { Clock } from '../../../runtime/clock.ts'
import type { Keys } from '../keys.ts'
import { MemoryBindings } from '../memory/bindings.ts'
import { bindingSchema, fromJson } from '../schemas.ts'
import type { Binding, BindingStore } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** Registrations that all doors share. Those put by this process are put back by `restore` if Redis lost them. */
export interface RedisBindings extends BindingStore {
  restore(): Promise<void>
}

/** A registration is forgotten when it expires. */
export function createRedisBindings(
  connection: Connection,
  keys: Keys,
  garbage: Garbage,
  clock: Clock,
): RedisBindings {
  const own = new MemoryBindings(clock)

  async function write(binding: Binding, mode: 'put' | 'restore'): Promise<void> {
    const ttlMs = Math.ceil(binding.expiresAt - clock.wall())
    const args = [binding.contact, JSON.stringify(binding), Math.max(1, ttlMs), mode]
    await connection.run('bind', [keys.binding(binding.agent)], args)
  }

  async function read(agent: string): Promise<readonly Binding[]> {
    const key = keys.binding(agent)
    const stored = await connection.ask(redis => redis.hgetall(key))
    const found = Object.entries(stored).map(([contact, json]) => ({
      contact,
      binding: garbage.check(`${key} ${contact}`, fromJson(bindingSchema, json)),
    }))
    const now = clock.wall()
    const over = found
      .filter(({ binding }) => binding && binding.expiresAt <= now)
      .map(({ contact }) => contact)
    if (over.length > 0) await connection.ask(redis => redis.hdel(key, ...over))
    return found.flatMap(({ binding }) => (binding && binding.expiresAt > now ? [binding] : []))
  }

  return {
    async put(binding) {
      await own.put(binding)
      await connection.tryTo(() => write(binding, 'put'))
    },
    async of(agent) {
      return await read(agent).catch(() => own.of(agent))
    },
    async remove(agent, contact) {
      await own.remove(agent, contact)
      await connection.tryTo(() => connection.ask(redis => redis.hdel(keys.binding(agent), contact)))
    },
    async restore() {
      for (const binding of own.all()) await write(binding, 'restore')
    },
  }
}
