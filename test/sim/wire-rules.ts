import { parseMessage } from '../../engine/message/parse.ts'
import { isStranger } from './addresses.ts'
import { answerPoint } from './answer-point.ts'
import type { CallRules } from './call-rules.ts'
import type { Host, Life } from './host.ts'
import type { Judge } from './judge.ts'
import type { Fate, Packet, SimTransports, WireWatcher } from './network.ts'
import type { WireMessage } from './wire-message.ts'

/** In everything that the stranger sends, and so in everything that comes of it. */
export const strangerMark = 'evil'

/** A request as it first left an engine. */
interface Request {
  readonly text: string
  isProceeding: boolean
  /** The final response that has arrived; 0 before. */
  final: number
}

/** What an engine has answered to one request. */
interface Answer {
  final: number
  text: string
  hasRung: boolean
}

/** What `WireRules` needs to know of its world. */
export interface WireRulesOptions {
  readonly judge: Judge
  readonly calls: CallRules
  readonly now: () => number
  readonly hostAt: (address: string) => Host | undefined
}

/** Watches the wire: every message that an engine emits must be right in itself and in the light of what it had heard before. */
export class WireRules implements WireWatcher {
  /** When something left last that was no copy: a request or its final response. */
  lastNewsAt = 0
  /** The last INVITE that left, as somebody on the way may have seen it. */
  lastInvite:
    { readonly to: string; readonly callId: string; readonly via: string; readonly cseq: number } | undefined
  readonly #world: WireRulesOptions
  readonly #judge: Judge
  readonly #requests = new Map<string, Request>()
  readonly #answers = new Map<string, Answer>()
  readonly #arrived = new Set<string>()

  constructor(world: WireRulesOptions) {
    this.#world = world
    this.#judge = world.judge
  }

  sent(packet: Packet, fate: Fate): void {
    const { message } = packet
    this.#world.calls.tick()
    if (fate === 'lost' && message.isRequest && message.method === 'ACK') this.#judge.point('ack-lost')
    const life = this.#world.hostAt(packet.from)?.life
    if (life === undefined) return
    this.#judgeDirection(packet)
    if (message.isRequest) this.#sentRequest(packet, life)
    // The answer to a broken request can only give back what there was.
    else if (!(isStranger(packet.to) && isRefusalOfBroken(message))) this.#sentResponse(packet, life)
  }

  arrived({ message, to }: Packet, transports: SimTransports): void {
    const life = this.#world.hostAt(to)?.life
    if (life === undefined || life.transports !== transports) return
    if (message.isRequest) this.#arrivedRequest(message, life)
    else this.#arrivedResponse(message, life)
  }

  /** I8: what a stranger causes goes to the stranger, and nothing else does. */
  #judgeDirection({ text, to, message }: Packet): void {
    const isMarked = text.includes(strangerMark)
    if (isMarked === isStranger(to)) {
      if (isMarked && message.status >= 400) this.#judge.point('stranger-refused')
      return
    }
    // The mark may have been in the part that was missing.
    if (!isMarked && isRefusalOfBroken(message)) return
    const what = isMarked ? `what a stranger caused goes to ${to}` : 'something goes to a stranger'
    this.#judge.violate('I8', `${what}: ${message.start}`, message.callId)
  }

  /** I11 */
  #judgeForm({ bytes, message }: Packet, { host }: Life): void {
    const { fault, start, callId } = message
    if (fault !== undefined) this.#judge.violate('I11', `${host} sent ${start} with ${fault}`, callId)
    const parsed = parseMessage(bytes)
    const reason = parsed.ok ? parsed.trailing > 0 && 'trailing bytes' : parsed.fault.reason
    if (reason !== false) this.#judge.violate('I11', `${host} sent ${start}, refused as ${reason}`, callId)
  }

  #sentRequest(packet: Packet, life: Life): void {
    const { message } = packet
    const key = requestKey(life, message.branch, message.method)
    const known = this.#requests.get(key)
    if (known !== undefined) return this.#sentCopy(packet, life, known)
    this.#requests.set(key, { text: packet.text, isProceeding: false, final: 0 })
    this.#judgeForm(packet, life)
    if (message.method !== 'ACK') this.lastNewsAt = this.#world.now()
    this.#sentNew(packet, life)
  }

  #sentNew(packet: Packet, life: Life): void {
    const { message } = packet
    const { calls } = this.#world
    switch (message.method) {
      case 'ACK':
        return calls.sentAck(message, life)
      case 'CANCEL':
        this.#judgeCancel(message, life)
        return calls.sentCancel(message, life)
      case 'BYE':
        return calls.sentBye(message, life)
      case 'INVITE':
        this.#overhear(packet)
        return this.#countRefresh(message, life)
      case 'UPDATE':
        return this.#countRefresh(message, life)
    }
  }

  #countRefresh({ toTag }: WireMessage, { ordering }: Life): void {
    if (toTag !== '' && ordering === undefined) this.#judge.point('session-refreshed')
  }

  #overhear({ to, text, message: { callId, cseq } }: Packet): void {
    const from = text.indexOf('\r\nVia: ') + 7
    this.lastInvite = { to, callId, cseq, via: text.slice(from, text.indexOf('\r\n', from)) }
  }

  #sentCopy({ text, message }: Packet, life: Life, known: Request): void {
    const { method, callId, branch } = message
    if (known.text !== text) this.#judge.violate('I11', `${life.host} changed a ${method} on the way`, callId)
    if (method === 'ACK') {
      this.#world.calls.sentAck(message, life)
      if (!this.#requests.has(requestKey(life, branch, 'INVITE'))) this.#judge.point('ack-repeated')
      return
    }
    if (method === 'INVITE') this.#judge.point('invite-repeated')
    if (known.final !== 0 || (known.isProceeding && method === 'INVITE')) {
      this.#judge.violate('I2', `${life.host} sent ${method} again after a response to it`, callId)
    }
  }

  #judgeCancel({ branch, callId }: WireMessage, life: Life): void {
    const invite = this.#requests.get(requestKey(life, branch, 'INVITE'))
    if (invite?.final === 0) return
    this.#judge.violate('I2', `${life.host} cancelled what had ended`, callId)
  }

  #sentResponse(packet: Packet, life: Life): void {
    const { message, text } = packet
    const { status, method, callId } = message
    const key = requestKey(life, message.branch, method)
    const known = this.#answers.get(key)
    const answer = known ?? { final: 0, text: '', hasRung: false }
    if (known === undefined) this.#answers.set(key, answer)
    if (text === answer.text) return this.#sentAgain(status, method)
    this.#judgeForm(packet, life)
    if (answer.final !== 0 && !mayChange(answer.final, message)) {
      this.#judge.violate(
        'I2',
        `${life.host} answered ${method} with ${answer.final} and then ${status}`,
        callId,
      )
    }
    answer.text = text
    if (status < 200) answer.hasRung ||= status > 100
    else this.#sentFinal(packet, life, answer)
  }

  #sentAgain(status: number, method: string): void {
    if (method !== 'INVITE' || status < 200) return
    this.#judge.point(status < 300 ? 'answer-repeated' : 'refusal-repeated')
  }

  #sentFinal({ message, text }: Packet, life: Life, answer: Answer): void {
    const { status, method, callId } = message
    answer.final = status
    this.lastNewsAt = this.#world.now()
    this.#world.calls.agreed(message, life)
    if (method === 'INVITE' && status < 300) this.#world.calls.sentAnswer(message, life)
    // What an application says on its own is no merit of the engine.
    if (life.ordering !== undefined) return
    const point = answerPoint(message, text.includes('\r\nRetry-After:'), answer.hasRung)
    if (point !== undefined) this.#judge.point(point)
    if (point === 'stale-dialog' && life.hasCall(message)) {
      this.#judge.violate('I6', `${life.host} disowned a call that is up (481 to ${method})`, callId)
    }
  }

  #arrivedRequest(message: WireMessage, life: Life): void {
    const key = requestKey(life, message.branch, message.method)
    if (this.#arrived.has(key)) this.#judge.point('request-absorbed')
    this.#arrived.add(key)
    if (message.method === 'PRACK') this.#judge.point('reliable-progress')
    if (message.method === 'PRACK' && this.#world.calls.hasAnswered(message, life))
      this.#judge.point('prack-late')
    this.#world.calls.arrivedRequest(message, life)
  }

  #arrivedResponse(message: WireMessage, life: Life): void {
    const { method, status, branch, callId } = message
    const request = this.#requests.get(requestKey(life, branch, method))
    if (request === undefined) return
    if (status < 200) {
      request.isProceeding = true
      return
    }
    if (request.final === 0) {
      this.#world.calls.agreed(message, life)
      this.lastNewsAt = this.#world.now()
    } else if (isSuccess(request.final) !== isSuccess(status) && request.final !== 503 && status !== 503) {
      this.#judge.violate('I2', `${life.host} was told ${status} after ${request.final}`, callId)
    }
    if (method === 'INVITE' && isSuccess(status) && isSuccess(request.final)) {
      this.#world.calls.arrivedAnswer(message, life)
    }
    request.final ||= status
  }
}

/**
 * Whether another answer may follow a final one. What is refused without being kept may be refused for another reason when it
 * comes again, and let in after a 503; a CANCEL goes by the INVITE that it meets then.
 */
function mayChange(final: number, { status, method }: WireMessage): boolean {
  return method === 'CANCEL' || final === 503 || (final >= 300 && stateless.has(status))
}

const stateless: ReadonlySet<number> = new Set([403, 481, 482, 483, 491, 500, 503])

/** Also for 0, no answer yet. */
function isSuccess(status: number): boolean {
  return status < 300
}

function isRefusalOfBroken({ status }: WireMessage): boolean {
  return status === 400 || status === 505
}

function requestKey({ id }: Life, branch: string, method: string): string {
  return `${id} ${branch} ${method}`
}
