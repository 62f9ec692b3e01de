import type { Clock } from '../../runtime/clock.ts'
import { PorticoError } from '../../runtime/errors.ts'
import type { AmiMessage } from './message.ts'

/** How an action is answered. */
export type Expected =
  { readonly kind: 'response' } | { readonly kind: 'list'; readonly completeEvent: string }

/** Actions that were sent and are not answered yet, by their ActionID. */
export class PendingActions {
  readonly #clock: Clock
  readonly #pending = new Map<string, Pending>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws `E_AMI_REFUSED` when too many wait already. */
  checkRoom(): void {
    if (this.#pending.size < mostInFlight) return
    throw new PorticoError(
      'E_AMI_REFUSED',
      `not sent to Asterisk: ${mostInFlight} actions are waiting for an answer`,
    )
  }

  /** The answer: one response, or the items of a list. Rejects after `timeoutMs`, and when `fail` is called. */
  expect(id: string, expected: Expected, timeoutMs: number): Promise<readonly AmiMessage[]> {
    return new Promise((resolve, reject) => {
      const late = new PorticoError(
        'E_AMI_TIMEOUT',
        `Asterisk did not answer an action within ${timeoutMs} ms`,
      )
      const cancel = this.#clock.after(timeoutMs, () => this.#take(id)?.reject(late))
      this.#pending.set(id, { expected, items: [], resolve, reject, cancel })
    })
  }

  /** True when the message belonged to a pending action. */
  takes(message: AmiMessage): boolean {
    const id = message.get('actionid') ?? ''
    const pending = this.#pending.get(id)
    if (!pending) return false
    const { expected, items } = pending
    const event = message.get('event')
    if (event === undefined) this.#responded(id, pending, message)
    else if (expected.kind === 'response') return false
    else if (event.toLowerCase() === expected.completeEvent.toLowerCase())
      this.#completed(id, pending, message)
    else if (items.length < mostItems) items.push(message)
    else this.#take(id)?.reject(new PorticoError('E_AMI_REFUSED', `a list of more than ${mostItems} items`))
    return true
  }

  /** Rejects everything that is pending. */
  fail(error: PorticoError): void {
    for (const id of this.#pending.keys()) this.#take(id)?.reject(error)
  }

  #responded(id: string, { expected, resolve, reject }: Pending, message: AmiMessage): void {
    if (message.get('response')?.toLowerCase() === 'error') {
      this.#take(id)
      const why = message.get('message') ?? 'no reason given'
      reject(new PorticoError('E_AMI_REFUSED', `Asterisk refused an action: ${why}`))
    } else if (expected.kind === 'response') {
      this.#take(id)
      resolve([message])
    }
  }

  #completed(id: string, { items, resolve, reject }: Pending, message: AmiMessage): void {
    this.#take(id)
    const promised = message.get('listitems')
    if (promised === undefined || Number(promised) === items.length) resolve(items)
    else reject(new PorticoError('E_AMI_REFUSED', `a list of ${promised} items came with ${items.length}`))
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.cancel()
    return pending
  }
}

interface Pending {
  readonly expected: Expected
  readonly items: AmiMessage[]
  readonly resolve: (messages: readonly AmiMessage[]) => void
  readonly reject: (error: PorticoError) => void
  readonly cancel: () => void
}

const mostInFlight = 100
/** More channels than any one Asterisk carries. */
const mostItems = 20_000
