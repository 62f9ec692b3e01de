import { z } from 'zod'
import { messageOf } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Keys } from '../keys.ts'
import { doorMessage, fromJson } from '../schemas.ts'
import type { DoorMessage, Doors, DoorTalk } from '../store.ts'
import type { Connection } from './connection.ts'
import type { LivingDoors } from './living-doors.ts'

export interface DoorsParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly living: LivingDoors
  readonly log: Log
}

/** The doors of a fleet, who all listen to one channel. */
export class RedisDoors implements Doors {
  readonly #parts: DoorsParts
  readonly #hear = new Map<string, (message: DoorMessage) => void>()
  #unsubscribe = (): void => undefined

  constructor(parts: DoorsParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    const { connection, keys } = this.#parts
    this.#unsubscribe = await connection.subscribe(keys.doorTalk, text => this.#heard(text))
  }

  stop(): void {
    this.#unsubscribe()
  }

  async living(): Promise<readonly string[]> {
    return await this.#parts.living.list()
  }

  join(door: string, hear: (message: DoorMessage) => void): DoorTalk {
    const { connection, keys, living } = this.#parts
    this.#hear.set(door, hear)
    void connection.tryTo(() => living.add(door))
    return {
      isAlone: false,
      say(message) {
        const text = JSON.stringify({ from: door, message })
        void connection.tryTo(() => connection.ask(redis => redis.publish(keys.doorTalk, text)))
      },
      leave: () => {
        this.#hear.delete(door)
        void connection.tryTo(() => living.remove(door))
      },
    }
  }

  #heard(text: string): void {
    const said = fromJson(spoken, text)
    if (said === undefined) return
    for (const [own, hear] of this.#hear) {
      if (own === said.from) continue
      try {
        hear(said.message)
      } catch (cause) {
        this.#parts.log.error('doors.not-understood', { kind: said.message.kind, cause: messageOf(cause) })
      }
    }
  }
}

const spoken = z.object({ from: z.string(), message: doorMessage })
