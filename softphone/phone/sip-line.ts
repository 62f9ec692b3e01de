import { Registerer, RegistererState, URI, UserAgent, type Invitation } from 'sip.js'
import { PorticoError } from '../../runtime/errors.ts'
import { createDescriptionHandler } from './description-handler.ts'
import type { Line, LineEvent } from './line.ts'
import type { CallMedia } from './media.ts'
import type { Session } from './session.ts'
import { SipCall } from './sip-call.ts'

/** What a line on sip.js is made of. */
export interface SipLineOptions {
  readonly receive: (event: LineEvent) => void
  /** Told with the streams of the call, and with undefined when they are gone. */
  readonly media: (media: CallMedia | undefined) => void
  /** Whether the browser may clean the microphone's sound. */
  readonly processing: boolean
  /** The instance id of RFC 5626: a UUID that stays the same for this window. */
  readonly instanceId: string
}

/** The line on sip.js. Its session manager is not used: that one ends the call when the connection drops. */
export class SipLine implements Line {
  readonly #options: SipLineOptions
  #agent: UserAgent | undefined
  #registerer: Registerer | undefined
  #registering = false
  #call: SipCall | undefined
  /** A call that came in and was neither taken nor refused yet. */
  #invitation: Invitation | undefined

  constructor(options: SipLineOptions) {
    this.#options = options
  }

  open(session: Session): void {
    if (this.#agent) {
      this.#agent.configuration.authorizationUsername = session.authorizationUser
      this.#agent.configuration.authorizationPassword = session.password
      return this.reconnect()
    }
    const agent = createAgent(session, this.#options.instanceId)
    this.#agent = agent
    agent.delegate = {
      onConnect: () => this.#tell(agent, { of: 'link', kind: 'up' }),
      // Tells of a connection that was there; one that does not come about rejects instead.
      onDisconnect: () => this.#down(agent),
      onInvite: invitation => this.#invited(agent, invitation),
    }
    agent.start().catch(() => this.#down(agent))
  }

  reconnect(): void {
    const agent = this.#agent
    if (agent?.isConnected()) return this.#tell(agent, { of: 'link', kind: 'up' })
    agent?.reconnect().catch(() => this.#down(agent))
  }

  register(): void {
    const agent = this.#agent
    if (!agent || this.#registering) return
    this.#registerer ??= this.#createRegisterer(agent)
    this.#registering = true
    const done = (event: LineEvent): void => {
      this.#registering = false
      this.#tell(agent, event)
    }
    void this.#registerer.register({
      requestDelegate: {
        onAccept: () => done({ of: 'link', kind: 'registered' }),
        onReject: ({ message }) =>
          done({ of: 'link', kind: 'register-refused', status: message.statusCode ?? 500 }),
      },
    })
  }

  dial({ muted }: { readonly muted: boolean }): void {
    const agent = this.#agent
    if (!agent) return
    this.#begin(agent, new URI('sip', 'conference', agent.configuration.uri.host), muted)
  }

  take({ muted }: { readonly muted: boolean }): void {
    const [agent, invitation] = [this.#agent, this.#invitation]
    this.#invitation = undefined
    if (agent && invitation) this.#begin(agent, invitation, muted)
  }

  refuse(): void {
    // RFC 3261 §21.4.24: busy here.
    this.#invitation?.reject({ statusCode: 486 }).catch(() => undefined)
    this.#invitation = undefined
  }

  #begin(agent: UserAgent, target: URI | Invitation, muted: boolean): void {
    this.hangUp()
    const { media, processing } = this.#options
    const tell = (event: LineEvent): void => this.#tell(agent, event)
    this.#call = new SipCall({ agent, target, processing, muted, media, tell })
    this.#call.place()
  }

  #invited(agent: UserAgent, invitation: Invitation): void {
    this.refuse()
    this.#invitation = invitation
    this.#tell(agent, { of: 'call', kind: 'called' })
  }

  restartMedia(): void {
    this.#call?.restart()
  }

  mute(on: boolean): void {
    this.#call?.mute(on)
  }

  press(digit: string): void {
    this.#call?.press(digit)
  }

  hangUp(): void {
    this.#call?.end()
    this.#call = undefined
  }

  close(): void {
    const agent = this.#agent
    this.hangUp()
    this.#agent = undefined
    this.#registerer = undefined
    this.#registering = false
    agent?.stop().catch(() => undefined)
  }

  #down(agent: UserAgent): void {
    if (agent !== this.#agent) return
    // Its answer can no longer come, and until it timed out a registerer takes no new order.
    if (this.#registering) this.#registerer = undefined
    this.#registering = false
    this.#tell(agent, { of: 'link', kind: 'down' })
  }

  #createRegisterer(agent: UserAgent): Registerer {
    const { instanceId } = this.#options
    const registerer = new Registerer(agent, {
      expires: bindingSec,
      refreshFrequency: refreshPercent,
      instanceId,
      regId: 1,
      logConfiguration: false,
    })
    registerer.stateChange.addListener(state => {
      if (state !== RegistererState.Unregistered || registerer !== this.#registerer || this.#registering)
        return
      this.#tell(agent, { of: 'link', kind: 'registration-lost' })
    })
    return registerer
  }

  #tell(agent: UserAgent, event: LineEvent): void {
    if (agent === this.#agent) this.#options.receive(event)
  }
}

const bindingSec = 300
const refreshPercent = 75
const connectSec = 10

function createAgent(session: Session, instanceId: string): UserAgent {
  const uri = UserAgent.makeURI(session.sipUri)
  if (!uri) throw new PorticoError('E_API', `the session names no SIP address: ${session.sipUri}`)
  const iceServers = session.iceServers.map(server => ({ ...server, urls: [server.urls].flat() }))
  return new UserAgent({
    uri,
    authorizationUsername: session.authorizationUser,
    authorizationPassword: session.password,
    displayName: session.agent,
    instanceId,
    userAgentString: 'Portico softphone',
    transportOptions: { server: session.wssUrl, connectionTimeout: connectSec, traceSip: false },
    reconnectionAttempts: 0,
    // Its log would hold digests and phone numbers.
    logBuiltinEnabled: false,
    logConfiguration: false,
    sessionDescriptionHandlerFactory: createDescriptionHandler(iceServers),
  })
}
