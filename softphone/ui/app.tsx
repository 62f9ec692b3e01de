import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { CallMedia } from '../phone/media.ts'
import type { Phone } from '../phone/phone.ts'
import type { PhoneState } from '../phone/phone-state.ts'
import { RemoteSound } from './remote-sound.tsx'
import { Shift } from './shift.tsx'
import { SignIn } from './sign-in.tsx'
import { LinkBadge, StatusPanel } from './status.tsx'
import { useWatched, type Watchable } from './use-watched.ts'
import { stageWording } from './wording.ts'

/** What the page shows and steers. */
export interface AppProps {
  readonly phone: Phone
  readonly state: Watchable<PhoneState>
  readonly media: Watchable<CallMedia | undefined>
}

/** The agent's page. */
export function App({ phone, state: watchedState, media: watchedMedia }: AppProps): JSX.Element {
  const state = useWatched(watchedState)
  const media = useWatched(watchedMedia)
  const lastAgent = useRef('')
  if (state.agent) lastAgent.current = state.agent
  const { word } = stageWording(state.stage)
  useEffect(() => {
    document.title = `${word} – Agent phone`
  }, [word])
  return (
    <main class="card">
      <header class="head">
        <h1>Agent phone</h1>
        <LinkBadge state={state} />
      </header>
      <StatusPanel state={state} />
      {state.stage.kind === 'signed-out' ? (
        <SignIn agent={lastAgent.current} onSignIn={credentials => phone.signIn(credentials)} />
      ) : (
        <Shift
          state={state}
          media={media}
          onWish={wish => phone.wish(wish)}
          onDial={number => phone.dial({ number, reference: crypto.randomUUID() })}
          onDrop={() => phone.drop()}
          onPress={digit => phone.press(digit)}
        />
      )}
      <RemoteSound stream={media?.remote} />
    </main>
  )
}
