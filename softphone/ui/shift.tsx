import type { JSX } from 'preact'
import type { CallMedia } from '../phone/media.ts'
import type { AgentEvent, PhoneState } from '../phone/phone-state.ts'
import { isInConference } from '../phone/phone-state.ts'
import { Dial, type DialProps } from './dial.tsx'
import { Keypad } from './keypad.tsx'
import { LevelMeter } from './level-meter.tsx'

/** What the signed-in agent sees and may ask for. */
export interface ShiftProps {
  readonly state: PhoneState
  readonly media: CallMedia | undefined
  readonly onWish: (wish: Exclude<AgentEvent['kind'], 'sign-in'>) => void
  readonly onDial: DialProps['onDial']
  readonly onDrop: DialProps['onDrop']
  readonly onPress: (digit: string) => void
}

/** The buttons and meters of a signed-in agent. */
export function Shift({ state, media, onWish, onDial, onDrop, onPress }: ShiftProps): JSX.Element {
  const { stage, agent } = state
  return (
    <div class="stack">
      <div class="actions">{mainActions(state, onWish)}</div>
      {isInConference(stage) && (
        <div class="meters">
          <LevelMeter label="Your microphone" stream={media?.local} />
          <LevelMeter label="Conference" stream={media?.remote} />
        </div>
      )}
      {isInConference(stage) && <Dial call={stage.ownCall} onDial={onDial} onDrop={onDrop} />}
      {stage.kind === 'in-call' && <Keypad onPress={onPress} />}
      <footer class="foot">
        <span>
          Signed in as <strong>{agent}</strong>
        </span>
        <button class="plain" type="button" onClick={() => onWish('sign-out')}>
          Sign out
        </button>
      </footer>
    </div>
  )
}

function mainActions({ stage, link }: PhoneState, onWish: ShiftProps['onWish']): JSX.Element {
  if (stage.kind === 'joining' || isInConference(stage)) {
    return (
      <>
        {isInConference(stage) && (
          <button
            class="toggle"
            type="button"
            aria-pressed={stage.muted}
            onClick={() => onWish('toggle-mute')}
          >
            Mute
          </button>
        )}
        <button class="danger" type="button" onClick={() => onWish('end-shift')}>
          End shift
        </button>
      </>
    )
  }
  return (
    <button
      class="primary"
      type="button"
      disabled={stage.kind !== 'ready' || link.kind !== 'online'}
      onClick={() => onWish('start-shift')}
    >
      Start shift
    </button>
  )
}
