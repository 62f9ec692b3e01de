import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isInConference, type PhoneState } from '../phone/phone-state.ts'
import { linkWording, stageWording, type Wording } from './wording.ts'

/** Where the agent's work stands; read out when it changes. */
export function StatusPanel({ state }: { readonly state: PhoneState }): JSX.Element {
  const panel = useRef<HTMLElement>(null)
  const { word, meaning, tone } = stageWording(state.stage)
  const link = linkWording(state)
  useEffect(() => {
    // The button that had the focus is gone: keyboard and screen reader go on from here.
    if (state.stage.kind !== 'signed-out' && document.activeElement === document.body) panel.current?.focus()
  }, [state.stage.kind])
  const isMuted = isInConference(state.stage) && state.stage.muted
  return (
    <section class="now" ref={panel} tabIndex={-1} role="status" aria-live="polite" aria-label="Status">
      <div class={`status ${tone}`}>
        <Sign tone={tone} />
        <div>
          <p class="word">{word}</p>
          <p>{meaning}</p>
        </div>
      </div>
      {isMuted && <p class="notice">You are muted.</p>}
      {state.link.kind === 'reconnecting' && <p class="notice">{link?.meaning}</p>}
    </section>
  )
}

/** The way to the door, in a word. */
export function LinkBadge({ state }: { readonly state: PhoneState }): JSX.Element | null {
  const link = linkWording(state)
  if (!link) return null
  return (
    <span class={`badge ${link.tone}`} title={link.meaning}>
      <Sign tone={link.tone} />
      {link.word}
    </span>
  )
}

/** The tone as a shape, so that it is not told by colour alone. */
function Sign({ tone }: { readonly tone: Wording['tone'] }): JSX.Element {
  return (
    <svg class="sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={shapes[tone]} />
    </svg>
  )
}

const shapes: Readonly<Record<Wording['tone'], string>> = {
  quiet: 'M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18zm0 3a6 6 0 1 0 0 12a6 6 0 0 0 0-12z',
  trouble: 'M12 2l11 20H1zM11 9v7h2V9zm0 8.5v2.2h2v-2.2z',
  busy: 'M4 10h4v4H4zm6 0h4v4h-4zm6 0h4v4h-4z',
  good: 'M12 2a10 10 0 1 1 0 20a10 10 0 0 1 0-20zm5 5.6l-6.4 6.6l-3.5-3.3l-1.8 1.9l5.4 5.1l8.2-8.4z',
  live: 'M3 9.5h3v5H3zm5-4h3v13H8zm5-3h3v19h-3zm5 5h3v9h-3z',
}
