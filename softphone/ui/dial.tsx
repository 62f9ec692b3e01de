import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { isGoingOn, type OwnCall } from '../phone/own-calls.ts'
import { ownCallWording } from './wording.ts'

/** What of the phone the agent dials with. */
export interface DialProps {
  readonly call: OwnCall | undefined
  readonly onDial: (number: string) => void
  readonly onDrop: () => void
}

/** Dials a number into the conference and tells how far it has come. */
export function Dial({ call, onDial, onDrop }: DialProps): JSX.Element {
  const id = useId()
  const [number, setNumber] = useState('')
  const isBusy = call !== undefined && isGoingOn(call)
  const news = call && ownCallWording(call)
  return (
    <form
      class="field"
      onSubmit={event => {
        event.preventDefault()
        if (!isBusy) onDial(number.trim())
      }}
    >
      <label for={id}>Number</label>
      <div class="row">
        <input
          id={id}
          type="tel"
          autocomplete="off"
          maxLength={64}
          required
          placeholder="+49 30 123456"
          value={number}
          onInput={({ currentTarget }) => setNumber(currentTarget.value)}
        />
        {isBusy ? (
          <button class="danger" type="button" disabled={call.id === undefined} onClick={onDrop}>
            Hang up
          </button>
        ) : (
          <button class="primary" type="submit">
            Dial
          </button>
        )}
      </div>
      <p class={`news ${news?.tone ?? ''}`} role="status" aria-live="polite">
        {news?.text}
      </p>
    </form>
  )
}
