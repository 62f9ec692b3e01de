import type { DoorMessage, Doors, DoorTalk } from '../store.ts'

type Hear = (message: DoorMessage) => void

/** Doors within one process. */
export class MemoryDoors implements Doors {
  readonly #doors = new Set<Hear>()

  join(hear: Hear): DoorTalk {
    const doors = this.#doors
    // A function of its own, so that the same one may join twice.
    const own: Hear = message => hear(message)
    doors.add(own)
    return {
      get isAlone() {
        return doors.size < 2
      },
      say(message) {
        for (const other of doors) if (other !== own) queueMicrotask(() => other(message))
      },
      leave: () => void doors.delete(own),
    }
  }
}
