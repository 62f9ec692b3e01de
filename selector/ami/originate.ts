import { PorticoError } from '../../runtime/errors.ts'
import { agentId } from '../domain/agent.ts'
import type { AmiFields } from './message.ts'

/** A call from a media server, through the door and a trunk, into the conference of an agent. */
export interface OriginateOrder {
  /**
   * Our call id, 1 to 40 of A-Z a-z 0-9 and hyphen. It becomes the Uniqueid of the channel, so the same order twice
   * dials once; the INVITE carries it in `X-Portico-Call`, and every event of the channel in its account code.
   */
  readonly call: string
  /** Whose conference the far side joins; the INVITE carries it in `X-Portico-Agent`. */
  readonly agent: string
  /** Becomes the user part of the request URI: an optional +, then up to 32 digits, `*` and `#`. */
  readonly number: string
  /** Becomes its host part: a host name or an IPv4 address. */
  readonly domain: string
  /** Shown to the far side, in From and P-Asserted-Identity. */
  readonly callerId?: { readonly name?: string; readonly number: string }
  /** How long it may ring. */
  readonly ringMs: number
  /** How long the far side is kept with music when its agent was lost. */
  readonly holdMs: number
}

/** A call from a media server, through the door, to an agent, who joins its own conference with it. */
export interface RingOrder {
  /** As in `OriginateOrder`. */
  readonly call: string
  readonly agent: string
  readonly domain: string
  /** How long it may ring. */
  readonly ringMs: number
}

/**
 * The AMI action for an order. Throws `E_AMI_REFUSED` when a part of it could mean more than it says: Asterisk takes
 * `&` for a second destination, `,` and `/` for the next argument, `?` and `;` for what follows a URI.
 */
export function originateFields(order: OriginateOrder): AmiFields {
  const { call, agent, number, domain, callerId, ringMs, holdMs } = order
  const destination = `sip:${checked('number', number, dialled).replaceAll('#', '%23')}`
  return {
    action: 'Originate',
    channel: `PJSIP/pstn/${destination}@${checked('domain', domain, host)}`,
    channelid: checked('call', call, callId),
    account: `client:${call}`,
    context: 'client-join',
    exten: conferenceOf(agent),
    priority: '1',
    async: 'true',
    timeout: String(Math.round(ringMs)),
    ...(callerId && { callerid: shownAs(callerId) }),
    variable: {
      'PJSIP_HEADER(add,X-Portico-Call)': call,
      'PJSIP_HEADER(add,X-Portico-Agent)': agent,
      PORTICO_HOLD: String(Math.ceil(holdMs / 1000)),
    },
  }
}

/** The AMI action that rings an agent. Throws `E_AMI_REFUSED` as above. */
export function ringFields({ call, agent, domain, ringMs }: RingOrder): AmiFields {
  const conference = conferenceOf(agent)
  return {
    action: 'Originate',
    channel: `PJSIP/frontdoor/sip:${conference}@${checked('domain', domain, host)}`,
    channelid: checked('call', call, callId),
    account: `agent:${call}`,
    context: 'agent-join',
    exten: conference,
    priority: '1',
    async: 'true',
    timeout: String(Math.round(ringMs)),
    variable: { 'PJSIP_HEADER(add,X-Portico-Call)': call },
  }
}

/** The conference of an agent. Throws `E_AMI_REFUSED` when that is no agent id. */
export function conferenceOf(agent: string): string {
  return `agt-${checked('agent', agent, agentId)}`
}

/** What a call id may look like that is kept in an account code. */
export const callId = /^[A-Za-z0-9-]{1,40}$/

/** The value, if it is made of what may stand there. Throws `E_AMI_REFUSED` otherwise. */
export function checked(name: string, value: string, grammar: RegExp): string {
  if (grammar.test(value)) return value
  throw new PorticoError('E_AMI_REFUSED', `not sent to Asterisk: ${JSON.stringify(value)} is no ${name}`)
}

const dialled = /^\+?[0-9*#]{1,32}$/
const host =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/
const shownNumber = /^\+?[A-Za-z0-9_.-]{1,64}$/
/** No control characters, and nothing that ends the quotes or opens what stands for a function of the dialplan. */
const shownName = /^[^\p{C}"\\<>${}]{0,64}$/u

function shownAs({ name = '', number }: { readonly name?: string; readonly number: string }): string {
  const shown = checked('caller number', number, shownNumber)
  return name === '' ? `<${shown}>` : `"${checked('caller name', name, shownName)}" <${shown}>`
}
