import type { CallState } from './call.ts'

/** A state as others know it: what the media anchor does in between takes no time to speak of. */
export function nameOf(state: CallState): string {
  switch (state.kind) {
    case 'offering':
      return 'placing'
    case 'trying':
      return state.ringing ? 'ringing' : 'trying'
    case 'answering':
      return 'ringing'
    default:
      return state.kind
  }
}

/** The media server that a state names. */
export function serverOf(state: CallState): string | undefined {
  if (state.kind === 'up') return state.server?.id
  return 'place' in state && state.place.kind === 'server' ? state.place.server.id : undefined
}

/** Whether the media of a call has come to another anchor. */
export function isReanchored(before: CallState, after: CallState): boolean {
  return before.kind === 'up' && after.kind === 'up' && before.media !== after.media
}
