import type { OwnCall } from '../phone/own-calls.ts'
import type { PhoneState, Stage } from '../phone/phone-state.ts'

/** How the stage is shown: a word, what it means for the agent, and its colour and sign. */
export interface Wording {
  readonly word: string
  readonly meaning: string
  readonly tone: 'quiet' | 'trouble' | 'busy' | 'good' | 'live'
}

/** The words for where the agent's work stands. */
export function stageWording(stage: Stage): Wording {
  switch (stage.kind) {
    case 'signed-out':
      return noted('Signed out', 'Sign in to take calls.', stage.note)
    case 'connecting':
      return { word: 'Connecting', meaning: 'Signing you in.', tone: 'busy' }
    case 'ready':
      return noted('Ready', 'You are signed in. Start your shift to take calls.', stage.note)
    case 'joining':
      return { word: 'Joining', meaning: 'Calling your conference.', tone: 'busy' }
    case 'waiting':
      return {
        word: 'Waiting',
        meaning: 'You are alone and hear music. Clients join by themselves.',
        tone: 'good',
      }
    case 'in-call':
      return { word: 'In call', meaning: 'A client is with you.', tone: 'live' }
  }
}

function noted(word: string, meaning: string, note: string): Wording {
  return note ? { word, meaning: note, tone: 'trouble' } : { word, meaning, tone: 'quiet' }
}

/** The words for how far a call of the agent has come. */
export function ownCallWording({
  number,
  state,
  why,
}: OwnCall): Pick<Wording, 'tone'> & { readonly text: string } {
  switch (state) {
    case 'ordered':
    case 'dialling':
      return { text: `Dialling ${number} …`, tone: 'busy' }
    case 'ringing':
      return { text: `${number} is ringing.`, tone: 'busy' }
    case 'answered':
      return { text: `${number} is with you.`, tone: 'good' }
    case 'ended':
      return { text: `The call to ${number} is over.`, tone: 'quiet' }
    case 'failed':
      return {
        text: /[.!?]$/.test(why) ? why : `${number} was not reached${why && `: ${why}`}.`,
        tone: 'trouble',
      }
  }
}

/** The words for the way to the door; undefined when there is nothing to say. */
export function linkWording({ link, network, stage }: PhoneState): Wording | undefined {
  const inCall = stage.kind === 'waiting' || stage.kind === 'in-call'
  switch (link.kind) {
    case 'closed':
      return undefined
    case 'online':
      return { word: 'Online', meaning: 'Connected to the service.', tone: 'good' }
    case 'reconnecting':
      return {
        word: network ? 'Reconnecting' : 'Offline',
        meaning: inCall ? 'Connection lost. Your audio goes on.' : 'Connection lost. Trying again.',
        tone: 'busy',
      }
  }
}
