import type { Test } from 'tap'
import type { Effect, Step } from '../../engine/transaction/effects.ts'

/** A machine under test: samples of its states and events by name, and what is expected of every pair. */
export interface MachineTable<State extends { readonly kind: string }, Event> {
  readonly step: (state: State, event: Event, now: number) => Step<State>
  readonly states: Readonly<Record<string, State>>
  readonly events: Readonly<Record<string, Event>>
  /** By `<state> + <event>`: `<next state>: <effects>`, timers as `timer A in 500`. A pair that stands nowhere must change nothing. */
  readonly expected: Readonly<Record<string, string>>
}

/** The moment at which every step of a table happens. */
export const tableNow = 1000

/** Steps every state with every event and compares the outcome with the table. */
export function checkMachine<State extends { readonly kind: string }, Event>(
  t: Test,
  { step, states, events, expected }: MachineTable<State, Event>,
): void {
  const used = new Set<string>()
  for (const [stateName, state] of Object.entries(states)) {
    for (const [eventName, event] of Object.entries(events)) {
      const pair = `${stateName} + ${eventName}`
      used.add(pair)
      const [next, ...effects] = step(state, event, tableNow)
      const outcome = `${next.kind}: ${effectsText(effects)}`
      t.equal(outcome, expected[pair] ?? `${state.kind}: nothing`, pair)
      if (expected[pair] === undefined) t.equal(next, state, `${pair} leaves the state alone`)
    }
  }
  t.strictSame(
    Object.keys(expected).filter(pair => !used.has(pair)),
    [],
    'every line of the table was used',
  )
}

/** Effects in words, in their order. */
export function effectsText(effects: readonly Effect[]): string {
  return effects.map(effectText).join(', ') || 'nothing'
}

function effectText(effect: Effect): string {
  if (effect.kind === 'send') return `send ${effect.bytes.toString()}`
  if (effect.kind === 'start') return `timer ${effect.timer} in ${effect.at - tableNow}`
  if (effect.kind === 'stop') return `no ${effect.timer}`
  return effect.kind
}

/** The lines of one state of a table. */
export function linesOf(state: string, lines: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(lines).map(([event, outcome]) => [`${state} + ${event}`, outcome]))
}
