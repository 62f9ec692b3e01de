import type { Clock } from '../../../runtime/clock.ts'
import type { Keys } from '../keys.ts'
import { isKept, MemoryPins } from '../memory/pins.ts'
import { fromJson, pinSchema } from '../schemas.ts'
import type { Pins } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** Pins that all doors share. Those put by this process are asserted again by `renew`. */
export interface RedisPins extends Pins {
  renew(): Promise<void>
}

/** Pins live for `ttlMs` after the process that put them last renewed them. */
export function createRedisPins(
  connection: Pick<Connection, 'ask' | 'run' | 'tryTo'>,
  keys: Keys,
  garbage: Garbage,
  ttlMs: number,
  clock: Pick<Clock, 'wall'>,
): RedisPins {
  const own = new MemoryPins(clock)
  return {
    async put(pin) {
      const takenHere = own.put(pin)
      let taken: boolean | undefined
      await connection.tryTo(async () => {
        const args = [pin.fence ?? 0, JSON.stringify(pin), ttlMs]
        taken = (await connection.run('pin', [keys.pin(pin.agent)], args)) === 1
      })
      taken ??= await takenHere
      if (!taken) await own.remove(pin.agent, pin.call)
      return taken
    },
    async get(agent, shown) {
      try {
        const ask = (): Promise<string | null> => connection.ask(redis => redis.get(keys.pin(agent)))
        // Redis serves connections in turn, not in the order in which commands came: a question may be answered by what was there before
        // a pin that was sent earlier. The second one comes after that in any case.
        const json = (await ask()) ?? (await ask())
        const pin = json === null ? undefined : garbage.check(keys.pin(agent), fromJson(pinSchema, json))
        return pin && isKept(pin, clock.wall()) ? pin : undefined
      } catch {
        const known = await own.get(agent)
        return shown && (shown.fence ?? 0) > (known?.fence ?? 0) ? shown : known
      }
    },
    async remove(agent, call) {
      await own.remove(agent, call)
      await connection.tryTo(() => connection.run('unpin', [keys.pin(agent)], [call]))
    },
    async renew() {
      for (const pin of own.all()) {
        const args = [pin.call, JSON.stringify(pin), ttlMs, pin.fence ?? 0]
        const kept = await connection.run('repin', [keys.pin(pin.agent)], args)
        if (kept === 0) await own.remove(pin.agent, pin.call)
      }
    },
  }
}
