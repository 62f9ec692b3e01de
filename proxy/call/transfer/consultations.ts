import { randomUUID } from 'node:crypto'
import { parseUri, unescaped } from '../../../engine/message/uri.ts'
import type { MediaServer } from '../../../selector/domain/media-server.ts'
import type { Dialling, Placement } from '../../ports.ts'
import type { Calls } from '../calls.ts'
import { statusOfNoPlace, type Colleagues } from './colleagues.ts'

export interface ConsultationsParts {
  readonly calls: Pick<Calls, 'consultationOf'>
  readonly colleagues: Colleagues
  readonly dialling: Pick<Dialling, 'isAgent'>
  readonly placement: Pick<Placement, 'whereIs'>
  readonly domain: string
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

/** By this name every agent calls into its own conference. */
const ownConference = 'conference'

/** Agents who talk to another one beside their own conference, about the client that waits there. */
export class Consultations {
  readonly #parts: ConsultationsParts

  constructor(parts: ConsultationsParts) {
    this.#parts = parts
  }

  /** Whom an agent calls by that request URI; undefined when it wants into its own conference: because it means nobody else, or is not in there. */
  async whom(agent: string, uri: string): Promise<string | undefined> {
    const { dialling, placement, domain } = this.#parts
    const { scheme, host = '', user = '' } = parseUri(uri) ?? {}
    const other = unescaped(user).toLowerCase()
    if ((scheme !== 'sip' && scheme !== 'sips') || host.toLowerCase() !== domain.toLowerCase())
      return undefined
    if (other === ownConference || other === agent || !(await dialling.isAgent(other))) return undefined
    return (await placement.whereIs(agent)) ? other : undefined
  }

  /** The way to `agent`, who is kept for it; or the status with which the call is refused. An agent consults one other at a time. */
  async way(by: string, flow: string, agent: string): Promise<ConsultWay | 480 | 486> {
    const { calls, colleagues } = this.#parts
    const call = randomUUID()
    const server = await colleagues.claim(agent, call)
    if (typeof server === 'string') return statusOfNoPlace[server]
    if (!calls.consultationOf(by)) return { kind: 'consult', call, agent, by, flow, server }
    await colleagues.free(agent, call)
    return 486
  }

  /** A way was not gone. */
  async drop({ agent, call }: ConsultWay): Promise<void> {
    await this.#parts.colleagues.free(agent, call)
  }
}
