import type { JSX, TargetedSubmitEvent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Credentials } from '../phone/session.ts'

/** What the sign-in form starts with and gives. */
export interface SignInProps {
  /** Who tried last. */
  readonly agent: string
  readonly onSignIn: (credentials: Credentials) => void
}

/** The form by which an agent signs in; it takes the focus unless something else has it. */
export function SignIn({ agent, onSignIn }: SignInProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    const first = form.current?.querySelector<HTMLInputElement>(agent ? '#password' : '#agent')
    if (!document.activeElement?.matches('input, button')) first?.focus()
  }, [])
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    onSignIn({ agent: textOf(fields, 'agent').trim().toLowerCase(), password: textOf(fields, 'password') })
  }
  return (
    <form class="stack" ref={form} onSubmit={submit}>
      <div class="field">
        <label for="agent">Agent</label>
        <input
          id="agent"
          name="agent"
          defaultValue={agent}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          maxLength={64}
          required
        />
      </div>
      <div class="field">
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          maxLength={256}
          required
        />
      </div>
      <button class="primary" type="submit">
        Sign in
      </button>
    </form>
  )
}

function textOf(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}
