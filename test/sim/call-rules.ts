import type { DialogEnd, EngineEvent } from '../../engine/api.ts'
import type { Life } from './host.ts'
import type { Judge } from './judge.ts'
import type { WireMessage } from './wire-message.ts'

/** A 2xx to an INVITE that an engine has heard and not acknowledged yet. */
interface Unacknowledged {
  readonly life: Life
  readonly callId: string
  readonly at: number
}

/** I6: a call that was answered ends only because somebody wants it to, and every 2xx that arrives gets its ACK. */
export class CallRules {
  readonly #judge: Judge
  readonly #now: () => number
  readonly #sessionMs: number
  /** What has come and gone, as text. */
  readonly #facts = new Set<string>()
  readonly #unacknowledged = new Map<string, Unacknowledged>()
  /** The To tags of 2xx in a call of ours. */
  readonly #tags = new Map<string, Set<string>>()
  /** What the ACK of the last 2xx in a call must look like. */
  readonly #lastAnswer = new Map<string, string>()
  /** When INVITE or UPDATE last had a 2xx in a call; forgotten when one had 481. */
  readonly #agreedAt = new Map<string, number>()
  /** A BYE that nobody ordered, until its reason is told. */
  #unexplained: { readonly life: Life; readonly callId: string; readonly at: number } | undefined

  constructor(judge: Judge, now: () => number, sessionMs: number) {
    this.#judge = judge
    this.#now = now
    this.#sessionMs = sessionMs
  }

  /** An engine must say why it ended a call before anything else happens. */
  tick(): void {
    if (this.#unexplained === undefined || this.#unexplained.at === this.#now()) return
    const { life, callId } = this.#unexplained
    this.#judge.violate('I6', `${life.host} sent a BYE that nobody asked for`, callId)
  }

  /** The world is quiet. */
  end(): void {
    this.tick()
    for (const answer of this.#unacknowledged.values()) this.#judgeAck(answer)
  }

  /** An engine has told why it ended a call. */
  ended(life: Life, { reason, request }: Extract<EngineEvent, { kind: 'dialog-ended' }>): void {
    const callId = request.headers.get('call-id') ?? ''
    if (this.#unexplained?.life === life && this.#unexplained.callId === callId) this.#unexplained = undefined
    const objection = this.#objectionTo(reason, life, callId)
    if (objection !== undefined) this.#judge.violate('I6', `${life.host} ended a call ${objection}`, callId)
  }

  /** Whoever hangs up wants no ACK any more. */
  hungUp(life: Life, callId: string): void {
    for (const [key, answer] of this.#unacknowledged) {
      if (answer.life !== life || answer.callId !== callId) continue
      this.#judgeAck(answer)
      this.#unacknowledged.delete(key)
    }
  }

  sentAck(message: WireMessage, life: Life): void {
    this.#unacknowledged.delete(answerKey(life, message))
  }

  sentCancel({ callId }: WireMessage, life: Life): void {
    this.#facts.add(`sent CANCEL ${life.id} ${callId}`)
    if (!life.cancelled.has(callId) && life.ordering === undefined) this.#judge.point('rang-too-long')
  }

  sentBye({ callId, toTag }: WireMessage, life: Life): void {
    this.#facts.add(`sent BYE ${life.id} ${callId}`)
    this.hungUp(life, callId)
    if (life.ordering !== undefined || life.hungUp.has(callId)) return
    const tags = this.#tags.get(`${life.id} ${callId}`)
    if (tags !== undefined && tags.size > 1 && tags.has(toTag)) this.#judge.point('forked-answer')
    else this.#unexplained = { life, callId, at: this.#now() }
  }

  /** A final response was sent for the first time, or has arrived. */
  agreed({ method, status, callId }: WireMessage, life: Life): void {
    if (method !== 'INVITE' && method !== 'UPDATE') return
    if (status < 300) this.#agreedAt.set(`${life.id} ${callId}`, this.#now())
    else if (status === 481) this.#agreedAt.delete(`${life.id} ${callId}`)
  }

  sentAnswer(message: WireMessage, life: Life): void {
    this.#lastAnswer.set(`${life.id} ${message.callId}`, ackKey(life, message))
  }

  /** Whether a 2xx of ours in this call has left. */
  hasAnswered({ callId }: WireMessage, life: Life): boolean {
    return this.#lastAnswer.has(`${life.id} ${callId}`)
  }

  arrivedRequest(message: WireMessage, life: Life): void {
    const { method, callId } = message
    if (method === 'ACK') this.#facts.add(`ACK ${ackKey(life, message)}`)
    else if (method === 'CANCEL') this.#facts.add(`CANCEL ${life.id} ${callId}`)
    else if (method === 'BYE') {
      if (this.#facts.has(`sent BYE ${life.id} ${callId}`)) this.#judge.point('bye-crosses-bye')
      this.hungUp(life, callId)
    }
  }

  /** A 2xx to an INVITE has arrived. */
  arrivedAnswer(message: WireMessage, life: Life): void {
    const { callId, toTag } = message
    const call = `${life.id} ${callId}`
    const tags = this.#tags.get(call)
    if (tags === undefined) this.#tags.set(call, new Set([toTag]))
    else tags.add(toTag)
    const key = answerKey(life, message)
    if (this.#facts.has(key) || life.ledger.wasGivenUp(callId)) return
    this.#facts.add(key)
    this.#unacknowledged.set(key, { life, callId, at: this.#now() })
  }

  #objectionTo(reason: DialogEnd, life: Life, callId: string): string | undefined {
    const call = `${life.id} ${callId}`
    switch (reason) {
      case 'ack-timeout':
        return this.#objectsIf(
          this.#facts.has(`ACK ${this.#lastAnswer.get(call)}`),
          'for want of an ACK that had arrived',
        )
      case 'cancelled-after-answer':
        return this.#objectsIf(!this.#facts.has(`CANCEL ${call}`), 'for a CANCEL that never came')
      case 'cancel-race': {
        // What rings for too long the engine cancels by itself.
        const wasCancelled = life.cancelled.has(callId) || this.#facts.has(`sent CANCEL ${call}`)
        return this.#objectsIf(!wasCancelled, 'that nobody had cancelled')
      }
      case 'session-expired': {
        const age = this.#now() - (this.#agreedAt.get(call) ?? 0)
        return this.#objectsIf(age < this.#sessionMs / 2, 'whose session was agreed a moment ago')
      }
    }
  }

  #objectsIf(holds: boolean, objection: string): string | undefined {
    return holds ? objection : undefined
  }

  /** An application may be slow, but the 2xx must have been given to it. */
  #judgeAck({ life, callId, at }: Unacknowledged): void {
    if (life.isOver || life.excused.has(callId) || this.#now() - at < life.acksWithinMs) return
    this.#judge.violate('I1', `${life.host} never acknowledged a 2xx that had arrived`, callId)
  }
}

function ackKey({ id }: Life, { callId, cseq, fromTag, toTag }: WireMessage): string {
  return `${id} ${callId} ${cseq} ${fromTag} ${toTag}`
}

function answerKey({ id }: Life, { callId, cseq, toTag }: WireMessage): string {
  return `${id} ${callId} ${cseq} ${toTag}`
}
