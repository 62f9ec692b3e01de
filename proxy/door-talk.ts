import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Doors, DoorTalk } from '../selector/store/store.ts'
import { watchDoors } from './edge/door-watch.ts'
import type { SharedFlows } from './edge/shared-flows.ts'
import type { FrontDoor } from './front-door.ts'
import type { ServerWatch } from './server-watch.ts'

export interface DoorTalkParts {
  /** Its name among the doors. */
  readonly door: string
  readonly doors: Doors
  readonly watch: Pick<ServerWatch, 'heard'>
  readonly frontDoor: Pick<FrontDoor, 'agentFlows' | 'calls'>
  readonly shared: SharedFlows
  readonly clock: Clock
  readonly log: Log
}

/** Takes part in what the doors of the fleet tell each other, and watches which of them live, until it leaves. */
export function joinDoors(parts: DoorTalkParts): Pick<DoorTalk, 'say' | 'leave'> {
  const { door, doors, watch, frontDoor, shared, clock, log } = parts
  const { agentFlows, calls } = frontDoor
  const talk = doors.join(door, message => {
    if (message.kind === 'server') return watch.heard(message)
    if (message.kind === 'agent-here') return agentFlows.registeredElsewhere(message.agent, message)
    if (message.kind === 'whose') return agentFlows.claim(message.dialogs, message)
    shared.hear(message)
  })
  const isHere = (dialogs: readonly string[]): boolean =>
    dialogs.some(dialog => calls.byDialog(dialog) !== undefined)
  shared.join({ door, talk, isHere, isBack: flow => agentFlows.back(flow) })
  const endWatch = watchDoors({ living: () => doors.living(), flows: shared, clock, log })
  return {
    say: message => talk.say(message),
    leave() {
      endWatch()
      talk.leave()
      shared.leave()
    },
  }
}
