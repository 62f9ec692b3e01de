import { randomUUID } from 'node:crypto'
import { Headers } from '../../../engine/message/headers.ts'
import { parseUri, type SipUri } from '../../../engine/message/uri.ts'
import type { Log } from '../../../runtime/log.ts'
import type { MediaServer } from '../../../selector/domain/media-server.ts'
import type { Dialled, Dialling, Placement, TrunkChoice } from '../../ports.ts'
import type { OutsidePlace } from '../call.ts'
import type { Calls } from '../calls.ts'
import { calleeOf, knownCallee, type Callee } from './callee.ts'
import { statusOfNoPlace, type Colleagues } from './colleagues.ts'
import { tellFailed } from './hand-out.ts'

export interface ConsultationsParts {
  readonly calls: Pick<Calls, 'consultationOf'>
  readonly colleagues: Colleagues
  readonly dialling: Dialling
  readonly choice: TrunkChoice
  readonly placement: Pick<Placement, 'whereIs'>
  readonly domain: string
  readonly log: Log
}

/** An agent that calls another one, under the id `call`. */
export interface ConsultWay {
  readonly kind: 'consult'
  readonly call: string
  /** In whose conference the two talk. */
  readonly agent: string
  readonly by: string
  readonly flow: string
  readonly server: MediaServer
}

/** An agent that calls a number, under the id by which the dial desk knows of it. */
export interface NumberWay {
  readonly kind: 'consult-out'
  readonly call: string
  readonly by: string
  readonly flow: string
  readonly dialled: Dialled
  /** The peers of the trunk, best first. */
  readonly places: readonly OutsidePlace[]
}

/** By this name every agent calls into its own conference. */
const ownConference = 'conference'

/** Agents who talk to somebody beside their own conference, about the client that waits there: to another agent, or to a number. */
export class Consultations {
  readonly #parts: ConsultationsParts

  constructor(parts: ConsultationsParts) {
    this.#parts = parts
  }

  /** Whom an agent calls by that request URI; undefined when it wants into its own conference: because it means nobody else, or is not in there. */
  async whom(agent: string, uri: string): Promise<Callee | undefined> {
    const { dialling, placement, domain } = this.#parts
    const target = parseUri(uri)
    if (!target || !isOfDomain(target, domain)) return undefined
    const callee = calleeOf(target)
    if (callee.kind === 'agent' && (callee.agent === ownConference || callee.agent === agent))
      return undefined
    const other = await knownCallee(callee, dialling)
    return other && (await placement.whereIs(agent)) ? other : undefined
  }

  /** The way there; or the status with which the call is refused. An agent consults one other at a time. */
  async way(by: string, flow: string, callee: Callee): Promise<ConsultWay | NumberWay | number> {
    if (this.isTalking(by)) return 486
    return callee.kind === 'agent'
      ? await this.#toAgent(by, flow, callee.agent)
      : await this.#toNumber(by, flow, callee.number)
  }

  /** Whether an agent has such a call; one that it made at the same moment may have been first. */
  isTalking(agent: string): boolean {
    return this.#parts.calls.consultationOf(agent) !== undefined
  }

  /** A way was not gone. */
  async drop(way: ConsultWay | NumberWay): Promise<void> {
    if (way.kind === 'consult') await this.#parts.colleagues.free(way.agent, way.call)
    else await tellFailed(this.#parts, way.call, 503)
  }

  /** The other agent is kept for the two. */
  async #toAgent(by: string, flow: string, agent: string): Promise<ConsultWay | number> {
    const call = randomUUID()
    const server = await this.#parts.colleagues.claim(agent, call)
    if (typeof server === 'string') return statusOfNoPlace[server]
    return { kind: 'consult', call, agent, by, flow, server }
  }

  /** Under the rules and limits of every number that an agent dials. */
  async #toNumber(by: string, flow: string, dialled: string): Promise<NumberWay | number> {
    const { choice, dialling } = this.#parts
    const noted = await dialling.begin(by, dialled)
    if (noted.kind === 'refused') return noted.status
    const { dial: call, number } = noted
    // Whatever the phone wrote into its INVITE stays here: an agent says whom it calls, and nothing else to a carrier.
    const ways = choice.choose({ request: { headers: new Headers([]) }, number, caller: { user: by } })
    if (ways.kind === 'ways')
      return { kind: 'consult-out', call, by, flow, dialled: ways.dialled, places: ways.places }
    await tellFailed(this.#parts, call, ways.status)
    return ways.status
  }
}

/** Whether a URI can mean an agent of the domain, or a number. */
function isOfDomain({ scheme, host }: SipUri, domain: string): boolean {
  if (scheme === 'tel') return true
  return (scheme === 'sip' || scheme === 'sips') && host.toLowerCase() === domain.toLowerCase()
}
