import type { DoorMessage, Doors, DoorTalk } from '../store.ts'

type Hear = (message: DoorMessage) => void

/** Doors within one process. */
export class MemoryDoors implements Doors {
  readonly #doors = new Map<Hear, string>()

  async living(): Promise<readonly string[]> {
    return [...this.#doors.values()]
  }

  join(door: string, hear: Hear): DoorTalk {
    const doors = this.#doors
    // A function of its own, so that the same one may join twice.
    const own: Hear = message => hear(message)
    doors.set(own, door)
    return {
      get isAlone() {
        return doors.size < 2
      },
      say(message) {
        for (const other of doors.keys()) if (other !== own) queueMicrotask(() => other(message))
      },
      leave: () => void doors.delete(own),
    }
  }
}
