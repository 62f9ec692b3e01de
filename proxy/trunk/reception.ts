import type { HeaderLine } from '../../engine/message/message.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { SessionPorts } from '../call/call-session.ts'
import type { Verdict } from '../call/verdict.ts'
import type { CallLog, EdgeEvent, ResponseOrder, SipEdge } from '../ports.ts'
import type { TrunkLimits } from './limits.ts'
import type { LoopGuard } from './loop.ts'
import { dialled } from './number.ts'
import type { Trust } from './trust.ts'
import type { ClientWay, Inward, TransitWay } from './inward.ts'

type RequestEvent = Extract<EdgeEvent, { kind: 'request' }>
type Ports = Omit<SessionPorts, 'homes' | 'transfers'>

/** What the front door does for a call of a trunk. */
export interface Begin {
  /** Begins the call by that way, over those ports; false when it could not, and then the request was answered. */
  (way: ClientWay | TransitWay, ports: Ports): boolean
}

export interface ReceptionOptions {
  readonly inward: Inward
  readonly trust: (
    request: RequestEvent['request'],
    origin: RequestEvent['origin'],
    trunk: Trunk,
  ) => Promise<Trust>
  readonly limits: TrunkLimits
  readonly loops: LoopGuard
  readonly ports: Ports
}

/** Takes the calls of trunks in: who may call, how many, and along which ways until one takes the call. */
export interface Reception {
  call(event: RequestEvent, trunk: Trunk, begin: Begin): Promise<void>
  /** Refuses a request that is no INVITE if a route says so. */
  refuses(event: RequestEvent, trunk: Trunk): boolean
}

/** These say that nobody took the call, and that another one may. */
const goesOn: ReadonlySet<Verdict> = new Set(['agent-away', 'servers-failed', 'no-server', 'trunk-failed'])

export function createReception(options: ReceptionOptions): Reception {
  const { inward, trust, limits, loops, ports } = options
  const { edge, log } = ports

  function reply({ transaction }: RequestEvent, status: number, headers: readonly HeaderLine[] = []): void {
    edge.respond({ transaction, status, headers })
  }

  async function call(event: RequestEvent, trunk: Trunk, begin: Begin): Promise<void> {
    const { request, origin, transaction } = event
    const trusted = await trust(request, origin, trunk)
    if (trusted.kind === 'refused') return reply(event, trusted.status, trusted.headers)
    // RFC 5393 §4.2, for a call that we sent out ourselves.
    if (loops.isLoop(request, dialled(request.uri) ?? '')) return reply(event, 482)
    const admission = limits.admit(trunk, transaction)
    if (admission.kind === 'refused') {
      log.info('trunk.full', { trunk: trunk.id, retryAfterSec: admission.retryAfterSec })
      return reply(event, 503, laterIn(admission.retryAfterSec))
    }
    await next(event, inward.ways(request, trunk), begin)
  }

  async function next(event: RequestEvent, ways: ReturnType<Inward['ways']>, begin: Begin): Promise<void> {
    const { value, done } = await ways.next()
    if (done) {
      limits.left(event.transaction)
      return reply(event, value.status, laterIn(value.retryAfterSec))
    }
    if (begin(value, watched(event, ways, begin))) return
    limits.left(event.transaction)
    inward.drop(value)
  }

  /** Ports over which the refusal of one way is not told while there may be another one. */
  function watched(event: RequestEvent, ways: ReturnType<Inward['ways']>, begin: Begin): Ports {
    const { transaction } = event
    let held: ResponseOrder | undefined
    const over: CallLog['over'] = (record, measured) => {
      ports.callLog.over(record, measured)
      if (held === undefined) return limits.left(transaction)
      if (!goesOn.has(record.verdict)) {
        edge.respond(held)
        return limits.left(transaction)
      }
      next(event, ways, begin).catch((cause: unknown) => {
        log.error('reception.failed', { trunk: record.trunk, cause: String(cause) })
        limits.left(transaction)
        reply(event, 500)
      })
    }
    const holding: SipEdge = withRespond(edge, order => {
      if (order.transaction === transaction && order.status >= 400) held = order
      else edge.respond(order)
    })
    return { ...ports, edge: holding, callLog: { ...ports.callLog, over } }
  }

  return {
    call,
    refuses(event, trunk) {
      const status = inward.refusal(event.request, trunk)
      if (status !== undefined) reply(event, status)
      return status !== undefined
    },
  }
}

/** The header that tells when to come again. */
function laterIn(seconds: number | undefined): readonly HeaderLine[] {
  return seconds === undefined ? [] : [['Retry-After', String(seconds)]]
}

function withRespond(edge: SipEdge, respond: SipEdge['respond']): SipEdge {
  return {
    start: receive => edge.start(receive),
    stop: () => edge.stop(),
    respond,
    request: order => edge.request(order),
    cancel: (transaction, reason) => edge.cancel(transaction, reason),
    ack: (dialog, body) => edge.ack(dialog, body),
    closeFlow: flow => edge.closeFlow(flow),
  }
}
