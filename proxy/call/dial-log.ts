import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Clock } from '../../runtime/clock.ts'
import { causeOfStatus, causeText } from '../../selector/domain/cause.ts'
import type { Dial, DialNews } from '../../selector/domain/dial.ts'
import type { DialStore, Orders } from '../../selector/store/store.ts'
import type { Body, CallLog, CallRecord, LiveCall } from '../ports.ts'

export interface DialLogOptions {
  readonly dials: Pick<DialStore, 'tell'>
  /** Finds the door where the agent's own leg is. */
  readonly orders: Pick<Orders, 'give'>
  readonly clock: Clock
  readonly log: Log
}

/** The same log; what it hears of calls that were ordered is noted, and told to the agents whose calls they are. */
export function followDials(inner: CallLog, { dials, orders, clock, log }: DialLogOptions): CallLog {
  function tell(call: LiveCall, newsAt: () => DialNews): void {
    for (const id of dialsOf(call)) {
      note(id, newsAt()).catch((cause: unknown) => {
        log.warn('dial.not-told', { call: id, cause: messageOf(cause) })
      })
    }
  }

  async function note(call: string, news: DialNews): Promise<void> {
    const dial = await dials.tell(call, news)
    if (dial) await orders.give({ kind: 'tell', dial })
  }

  return {
    began(call) {
      inner.began(call)
      tell(call, () => newsOf(call, clock.wall()))
    },
    changed(call) {
      inner.changed(call)
      tell(call, () => newsOf(call, clock.wall()))
    },
    over(record, measured) {
      inner.over(record, measured)
      if (!isHandedOn(record)) tell(record, () => endOf(record))
    },
  }
}

/** What was dialled in a call: its client, whom an agent consults, and the number that an agent then connected its client to. */
function dialsOf({ id, kind, onward }: LiveCall): readonly string[] {
  if (kind === 'dial-out' || kind === 'consult-out') return [id]
  return kind === 'transit' && onward?.dial !== undefined ? [id, onward.dial] : none
}

/** The number that an agent talked to is in the call of its client now, which tells how it ends. */
function isHandedOn({ kind, verdict }: CallRecord): boolean {
  return kind === 'consult-out' && verdict === 'replaced'
}

const none: readonly string[] = []

/** How far a call has come, by the state of its legs. */
function newsOf({ state }: LiveCall, at: number): DialNews {
  switch (state) {
    case 'placing':
    case 'offering':
    case 'trying':
      return { state: 'dialling', at }
    case 'up':
      return { state: 'answered', at, answeredAt: at }
    default:
      return { state: 'ringing', at }
  }
}

function endOf({ answeredAt, endedAt: at, status, verdict }: CallRecord): DialNews {
  if (answeredAt !== undefined)
    return { state: 'ended', at, answeredAt, cause: verdict === 'server-lost' ? 41 : 16 }
  return { state: 'failed', at, cause: causeOfStatus(status), status }
}

/** The type of what an agent's page is told of the calls that it dials. */
export const dialEventType = 'application/x-portico-dial+json'

/** What an agent's page is told of a call. */
export function dialEvent({ call, number, reference, news }: Dial): Body {
  const { state, status, cause } = news
  const content = {
    call,
    number,
    ...(reference !== undefined && { reference }),
    state,
    ...(cause !== undefined && { cause, text: causeText(cause) }),
    ...(status !== undefined && { status }),
  }
  return { type: dialEventType, content: JSON.stringify(content) }
}
