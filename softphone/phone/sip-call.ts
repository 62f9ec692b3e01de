import {
  Invitation,
  Inviter,
  SessionState,
  Web,
  type Core,
  type Message,
  type URI,
  type UserAgent,
} from 'sip.js'
import { readConferenceEvent } from './conference.ts'
import { microphoneConstraints, type CallMedia } from './media.ts'
import type { LineEvent } from './line.ts'
import { offerAnswered } from './offer-again.ts'
import { readOwnCallNews } from './own-calls.ts'
import type { CallEvent } from './phone-state.ts'
import { whyEnded, whyNoMicrophone, whyRefused } from './reasons.ts'

/** What a call is made of. */
export interface SipCallOptions {
  readonly agent: UserAgent
  /** Whom to call; or the call that came in. */
  readonly target: URI | Invitation
  readonly processing: boolean
  readonly muted: boolean
  readonly tell: (event: LineEvent) => void
  /** Told when the streams are there, and with undefined when they are gone. */
  readonly media: (media: CallMedia | undefined) => void
}

/** How long a broken path of the media may mend itself. */
const breakMs = 2000

/** How long a digit sounds. */
const digitMs = 100

const notSetUp: CallEvent = { of: 'call', kind: 'ended', why: 'The call could not be set up.' }

/** One call between the agent and its conference. It ends once, by either side; after `end` nothing is told. */
export class SipCall {
  readonly #options: SipCallOptions
  readonly #session: Inviter | Invitation
  #muted: boolean
  #over = false
  #restart: 'none' | 'running' | 'again' = 'none'
  /** How many offers in a row the door did not accept. */
  #tried = 0

  constructor(options: SipCallOptions) {
    this.#options = options
    this.#muted = options.muted
    const { agent, target, processing } = options
    const constraints = microphoneConstraints(processing)
    this.#session =
      target instanceof Invitation
        ? target
        : new Inviter(agent, target, { sessionDescriptionHandlerOptions: { constraints } })
    this.#session.delegate = {
      onBye: bye => {
        void bye.accept()
        this.#finish({ of: 'call', kind: 'ended', why: whyEnded(bye.request.getHeader('reason')) })
      },
      onMessage: message => this.#message(message),
    }
    this.#session.stateChange.addListener(state => this.#changed(state))
  }

  /** Opens the microphone and sends the INVITE, or takes the call that came in. */
  place(): void {
    this.#begin().catch((error: unknown) => {
      const name = error instanceof Error ? error.name : ''
      this.#finish({ of: 'call', kind: 'refused', why: whyNoMicrophone(name) })
    })
  }

  async #begin(): Promise<unknown> {
    const session = this.#session
    if (session instanceof Inviter) {
      const requestDelegate = { onReject: (response: Core.IncomingResponse) => this.#refused(response) }
      return session.invite({ requestDelegate })
    }
    const constraints = microphoneConstraints(this.#options.processing)
    return session.accept({ sessionDescriptionHandlerOptions: { constraints } })
  }

  /**
   * Sends a re-INVITE, over whatever connection there is to the door now; when the media's path is broken, with an ICE restart.
   * Asked again while one is running, it follows that one if that was not accepted, or did not mend the path.
   */
  restart(): void {
    if (this.#over || this.#session.state !== SessionState.Established) return
    if (this.#restart !== 'none') {
      this.#restart = 'again'
      return
    }
    this.#restart = 'running'
    const options: Web.SessionDescriptionHandlerOptions = {
      offerOptions: { iceRestart: this.#pathState() !== 'connected' },
    }
    const requestDelegate = {
      onAccept: () => this.#restarted(200),
      onReject: (response: Core.IncomingResponse) => this.#restarted(response.message.statusCode ?? 500),
    }
    this.#session
      .invite({ sessionDescriptionHandlerOptions: options, requestDelegate })
      .catch(() => this.#restarted(500))
  }

  mute(on: boolean): void {
    this.#muted = on
    const handler = this.#handler()
    if (handler?.peerConnection) handler.enableSenderTracks(!on)
  }

  press(digit: string): void {
    const [sender] = this.#handler()?.peerConnection?.getSenders() ?? []
    // Null where the other side takes no telephone events; throws on what is no digit.
    if (/^[0-9*#]$/.test(digit)) sender?.dtmf?.insertDTMF(digit, digitMs)
  }

  /** Cancels or hangs up without another word. */
  end(): void {
    if (this.#over) return
    this.#close()
    // Without a connection the farewell cannot be sent; the door misses the agent by other means.
    this.#leave().catch(() => undefined)
  }

  #leave(): Promise<unknown> {
    const session = this.#session
    if (session.state === SessionState.Established) return session.bye()
    return session instanceof Inviter ? session.cancel() : session.reject({ statusCode: 480 })
  }

  #changed(state: SessionState): void {
    if (state === SessionState.Established) this.#answered()
    // The reason, if there is one, is told right after the change of state.
    if (state === SessionState.Terminated) setTimeout(() => this.#finish(notSetUp))
  }

  #answered(): void {
    const handler = this.#handler()
    if (this.#over || !handler) return
    handler.peerConnectionDelegate = { onconnectionstatechange: () => this.#pathChanged() }
    this.mute(this.#muted)
    this.#options.media({ local: handler.localMediaStream, remote: handler.remoteMediaStream })
    this.#options.tell({ of: 'call', kind: 'answered' })
  }

  #pathChanged(): void {
    const state = this.#pathState()
    if (state === 'failed') this.#mendPath()
    // Browsers mend a short break by themselves, and call one that lasts `failed` only after half a minute.
    if (state === 'disconnected') this.#mendLater()
  }

  #mendLater(): void {
    setTimeout(() => this.#pathState() !== 'connected' && this.#mendPath(), breakMs)
  }

  #pathState(): RTCPeerConnectionState | undefined {
    return this.#handler()?.peerConnection?.connectionState
  }

  /** Without a connection to the door there is no way to ask; the restart then comes with the new connection. */
  #mendPath(): void {
    if (this.#options.agent.isConnected()) this.restart()
  }

  #restarted(status: number): void {
    const again = this.#restart === 'again'
    this.#restart = 'none'
    if (this.#over) return
    const next = offerAnswered(status, ++this.#tried, Math.random())
    if (next.kind === 'accepted') this.#tried = 0
    // A new restart would break the path that is just coming up.
    if (again) return next.kind === 'accepted' ? this.#mendLater() : this.restart()
    if (next.kind === 'again') setTimeout(() => this.#mendPath(), next.afterMs)
    if (next.kind === 'lost') this.#options.tell({ of: 'call', kind: 'restart-refused' })
  }

  #refused({ message }: Core.IncomingResponse): void {
    const why = whyRefused(message.statusCode ?? 500, message.reasonPhrase ?? '')
    this.#finish({ of: 'call', kind: 'refused', why })
  }

  #message(message: Message): void {
    void message.accept()
    if (this.#over) return
    const { body } = message.request
    const type = message.request.getHeader('content-type') ?? ''
    const event = readConferenceEvent(type, body)
    if (event) this.#options.tell({ of: 'call', kind: 'conference', event })
    const news = readOwnCallNews(type, body)
    if (news) this.#options.tell({ of: 'own-call', kind: 'news', news })
  }

  #finish(event: CallEvent): void {
    if (this.#over) return
    this.#close()
    this.#options.tell(event)
  }

  #close(): void {
    this.#over = true
    this.#options.media(undefined)
  }

  #handler(): Web.SessionDescriptionHandler | undefined {
    const handler = this.#session.sessionDescriptionHandler
    return handler instanceof Web.SessionDescriptionHandler ? handler : undefined
  }
}
