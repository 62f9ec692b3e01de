import type { Line, LineEvent } from './line.ts'
import { step } from './phone-step.ts'
import { signedOut, type AgentEvent, type Effect, type PhoneEvent, type PhoneState } from './phone-state.ts'
import type { Ordered } from './own-calls.ts'
import type { Credentials, Session, SignIn } from './session.ts'

/** What a phone is made of. */
export interface PhoneOptions {
  /** Makes the SIP side, which tells its events to `receive`. */
  readonly line: (receive: (event: LineEvent) => void) => Line
  /** Signs in at the door; must not reject. */
  readonly requestSession: (credentials: Credentials) => Promise<SignIn>
  /** Has the door dial a number into the conference, or hang up such a call; must not reject. */
  readonly orderCall: (session: Session, order: OwnOrder) => Promise<Ordered>
  readonly dropCall: (session: Session, id: string) => Promise<void>
  /** Runs `task` once after `ms`; the returned function takes it back. */
  readonly after: (ms: number, task: () => void) => () => void
  /** A number in [0, 1). */
  readonly random: () => number
}

/** A number to be dialled, and by what this page calls the call. */
export interface OwnOrder {
  readonly number: string
  readonly reference: string
}

/** The agent's phone: keeps the state, carries out what each step asks for, and tells whoever watches. */
export class Phone {
  readonly #options: PhoneOptions
  readonly #line: Line
  readonly #watchers = new Set<(state: PhoneState) => void>()
  #state = signedOut
  /** Kept in memory only, because SIP credentials end before a shift does. */
  #credentials: Credentials | undefined
  #session: Session | undefined
  #stopWaiting: () => void = () => undefined

  constructor(options: PhoneOptions) {
    this.#options = options
    this.#line = options.line(event => this.#happened(event))
  }

  get state(): PhoneState {
    return this.#state
  }

  /** Calls `watcher` on each change until the returned function is called. */
  watch(watcher: (state: PhoneState) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  signIn(credentials: Credentials): void {
    if (this.#state.stage.kind !== 'signed-out') return
    this.#credentials = credentials
    this.#happened({ of: 'agent', kind: 'sign-in', agent: credentials.agent })
  }

  /** What the agent asks for, other than signing in. */
  wish(kind: Exclude<AgentEvent['kind'], 'sign-in'>): void {
    this.#happened({ of: 'agent', kind })
  }

  /** The agent dials a number into its conference; a call at a time. */
  dial(order: OwnOrder): void {
    this.#happened({ of: 'own-call', kind: 'dial', ...order })
  }

  /** The agent hangs up the call that it dialled. */
  drop(): void {
    this.#happened({ of: 'own-call', kind: 'drop' })
  }

  /** The agent presses a key of the telephone's keypad, for the machine at the other end. */
  press(digit: string): void {
    this.#line.press(digit)
  }

  /** The browser's word on the network. */
  networkIs(there: boolean): void {
    this.#happened({ of: 'link', kind: 'network', there })
  }

  #happened(event: PhoneEvent): void {
    const [state, ...effects] = step(this.#state, event, this.#options.random())
    const changed = state !== this.#state
    this.#state = state
    if (state.stage.kind === 'signed-out') this.#forget()
    for (const effect of effects) this.#carryOut(effect)
    if (changed) for (const watcher of this.#watchers) watcher(this.#state)
  }

  #forget(): void {
    this.#credentials = undefined
    this.#session = undefined
  }

  #carryOut(effect: Effect): void {
    const line = this.#line
    switch (effect.kind) {
      case 'request-session':
        return void this.#requestSession()
      case 'open-line':
        return this.#session && line.open(this.#session)
      case 'reconnect':
        return line.reconnect()
      case 'register':
        return line.register()
      case 'dial':
        return line.dial({ muted: effect.muted })
      case 'take':
        return line.take({ muted: effect.muted })
      case 'refuse':
        return line.refuse()
      case 'restart-media':
        return line.restartMedia()
      case 'mute':
        return line.mute(effect.on)
      case 'hang-up':
        return line.hangUp()
      case 'order-call':
        return void this.#order(effect)
      case 'drop-call':
        return this.#session && void this.#options.dropCall(this.#session, effect.id)
      case 'close-line':
        return line.close()
      case 'wait':
        return this.#wait(effect.ms)
      case 'stop-waiting':
        return this.#stopWaiting()
    }
  }

  #wait(ms: number): void {
    this.#stopWaiting()
    this.#stopWaiting = this.#options.after(ms, () => this.#happened({ of: 'link', kind: 'retry-due' }))
  }

  async #order({ number, reference }: OwnOrder): Promise<void> {
    const ordered = await this.#ordered({ number, reference })
    if (ordered.kind === 'taken') {
      this.#happened({ of: 'own-call', kind: 'taken', reference, id: ordered.id })
    } else {
      const why = ordered.kind === 'refused' ? ordered.why : 'Your session is over. Sign out and in again.'
      this.#happened({ of: 'own-call', kind: 'refused', reference, why })
    }
  }

  /** The SIP side needs its session for the registration only, so that it may have ended unnoticed. */
  async #ordered(order: OwnOrder): Promise<Ordered> {
    const { orderCall, requestSession } = this.#options
    const [session, credentials] = [this.#session, this.#credentials]
    if (!session || !credentials) return { kind: 'expired' }
    const ordered = await orderCall(session, order)
    if (ordered.kind !== 'expired') return ordered
    const renewed = await requestSession(credentials)
    if (renewed.kind === 'refused' || credentials !== this.#credentials) return ordered
    this.#session = renewed.session
    return orderCall(renewed.session, order)
  }

  async #requestSession(): Promise<void> {
    const credentials = this.#credentials
    if (!credentials) return
    const answer = await this.#options.requestSession(credentials)
    // Whoever signed out meanwhile, and perhaps in again, is not concerned by this answer.
    if (credentials !== this.#credentials) return
    if (answer.kind === 'refused') {
      return this.#happened({ of: 'link', kind: 'session-refused', why: answer.why, wrong: answer.wrong })
    }
    this.#session = answer.session
    this.#happened({ of: 'link', kind: 'session-granted' })
  }
}
