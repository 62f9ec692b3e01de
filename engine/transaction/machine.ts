import type { Effect, Step } from './effects.ts'

/** A machine that remembers its state and returns what is to be done. */
export type Machine<Event> = (event: Event, now: number) => readonly Effect[]

/** Lets `step` run on from where `begun` ends. */
export function machineOf<State, Event>(
  [begun]: Step<State>,
  step: (state: State, event: Event, now: number) => Step<State>,
): Machine<Event> {
  let state = begun
  return (event, now) => {
    const [next, ...effects] = step(state, event, now)
    state = next
    return effects
  }
}

/** What is to be done by `step`. */
export function effectsOf([, ...effects]: Step<unknown>): readonly Effect[] {
  return effects
}
