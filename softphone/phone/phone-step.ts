import { agentStep } from './agent-step.ts'
import { callStep } from './call-step.ts'
import { ownCallStep } from './own-call-step.ts'
import { linkStep } from './link-step.ts'
import type { PhoneEvent, PhoneState, Step } from './phone-state.ts'

/** What the phone becomes by `event` and what it must do. `chance` in [0, 1) spreads the retries of many phones. */
export function step(state: PhoneState, event: PhoneEvent, chance: number): Step {
  switch (event.of) {
    case 'agent':
      return agentStep(state, event)
    case 'link':
      return linkStep(state, event, chance)
    case 'call':
      return callStep(state, event)
    case 'own-call':
      return ownCallStep(state, event)
  }
}
