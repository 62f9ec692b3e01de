import type { Clock } from '../../../runtime/clock.ts'
import type { Keys } from '../keys.ts'
import { MemoryCredentials } from '../memory/credentials.ts'
import { credentialSchema, fromJson } from '../schemas.ts'
import type { Credential, CredentialStore } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** Short-lived credentials that all doors share. Those put by this process are put back by `restore` if Redis lost them. */
export interface RedisCredentials extends CredentialStore {
  restore(): Promise<void>
}

/** A credential is forgotten when it expires. */
export function createRedisCredentials(
  connection: Connection,
  keys: Keys,
  garbage: Garbage,
  clock: Clock,
): RedisCredentials {
  const own = new MemoryCredentials(clock)

  async function write(credential: Credential): Promise<void> {
    const ttlMs = Math.max(1, Math.ceil(credential.expiresAt - clock.wall()))
    const json = JSON.stringify(credential)
    await connection.ask(redis => redis.set(keys.credential(credential.user), json, 'PX', ttlMs))
  }

  return {
    async put(credential) {
      await own.put(credential)
      await connection.tryTo(() => write(credential))
    },
    async get(user) {
      const key = keys.credential(user)
      try {
        const json = await connection.ask(redis => redis.get(key))
        const found = json === null ? undefined : garbage.check(key, fromJson(credentialSchema, json))
        if (found === undefined || found.expiresAt <= clock.wall()) return undefined
        // Whoever was let in once is let in while Redis is away, too.
        await own.put(found)
        return found
      } catch {
        return await own.get(user)
      }
    },
    async restore() {
      for (const credential of own.all()) await write(credential)
    },
  }
}
