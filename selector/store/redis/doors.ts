import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { messageOf } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Keys } from '../keys.ts'
import { doorMessage, fromJson } from '../schemas.ts'
import type { DoorMessage, Doors, DoorTalk } from '../store.ts'
import type { Connection } from './connection.ts'

export interface DoorsParts {
  readonly connection: Connection
  readonly keys: Keys
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

  join(hear: (message: DoorMessage) => void): DoorTalk {
    const from = randomUUID()
    const { connection, keys } = this.#parts
    this.#hear.set(from, hear)
    return {
      isAlone: false,
      say(message) {
        const text = JSON.stringify({ from, message })
        void connection.tryTo(() => connection.ask(redis => redis.publish(keys.doorTalk, text)))
      },
      leave: () => void this.#hear.delete(from),
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
