import { reasonOf } from '../../../engine/message/reasons.ts'
import type { Call, CallEvent, Effect, Step, Up } from '../call.ts'
import { isAgentLost } from '../agent-loss.ts'
import { agentLeg } from '../parties.ts'
import { askOf, respondTo } from '../reoffer.ts'
import type { Verdict } from '../verdict.ts'

/**
 * An agent's wish to hand its clients to another agent, from its REFER until it has heard what became of it (RFC 3515). The REFER goes
 * no further: the door itself takes the clients to the other agent, and this call goes on.
 */
export interface Transfer {
  /** The transaction of the REFER. */
  readonly transaction: string
  readonly cseq: number | undefined
  readonly isSilent: boolean
  /** How the agent left in the meantime: its leg in the conference stays until the clients are elsewhere, or it would take them along. */
  readonly left?: Verdict
}

type RequestEvent = Extract<CallEvent, { kind: 'request' }>

/** A REFER in a call that is up: only its agent may say so, one at a time. */
export function refer(call: Call, state: Up, event: RequestEvent): Step {
  const { transaction, leg, referral } = event
  if (leg !== agentLeg(call)) return [state, respondTo(transaction, 403)]
  if (referral?.kind !== 'asked') return [state, respondTo(transaction, referral?.status ?? 400)]
  const { to, cseq, isSilent } = referral
  if (to.kind === 'agent' && to.agent === call.agent) return [state, respondTo(transaction, 403)]
  // Without an anchor for its media a client cannot be taken elsewhere.
  if (!call.anchored) return [state, respondTo(transaction, 501)]
  if (state.transfer) return [state, respondTo(transaction, 491)]
  const transfer: Transfer = { transaction, cseq, isSilent }
  return [
    { ...state, transfer },
    { ...respondTo(transaction, 202), ...(isSilent && { headers: [['Refer-Sub', 'false']] }) },
    ...notify(call, state, transfer, 100),
    { kind: 'transfer', to },
  ]
}

/** The agent leaves in the middle of a transfer; undefined when there is none, or it has left already. */
export function leave(
  call: Call,
  state: Up,
  verdict: Verdict,
  ...effects: readonly Effect[]
): Step | undefined {
  const { transfer } = state
  if (!transfer || transfer.left !== undefined) return undefined
  return [
    { ...state, transfer: { ...transfer, left: verdict } },
    ...effects,
    { kind: 'stop-timer', timer: 'flow' },
    { kind: 'leave', isLost: isAgentLost(call, verdict) },
  ]
}

/** The clients are with the other agent, or stay where they are. */
export function transferred(call: Call, state: Up, status: number): Step {
  const { transfer } = state
  return transfer ? [{ ...state, transfer: undefined }, ...notify(call, state, transfer, status)] : [state]
}

/** How far it has come, as the status that the other agent would have answered; whether it was heard changes nothing. */
function notify(call: Call, state: Up, transfer: Transfer, status: number): readonly Effect[] {
  const leg = agentLeg(call)
  if (leg === undefined || transfer.isSilent || transfer.left !== undefined) return []
  const { cseq, transaction } = transfer
  return [
    {
      kind: 'ask',
      leg,
      dialog: state.legs[leg].dialog,
      transaction: `${askOf(call, transaction)}-${status}`,
      method: 'NOTIFY',
      headers: [
        ['Event', cseq === undefined ? 'refer' : `refer;id=${cseq}`],
        ['Subscription-State', status < 200 ? 'active;expires=60' : 'terminated;reason=noresource'],
      ],
      body: { type: 'message/sipfrag;version=2.0', content: `SIP/2.0 ${status} ${reasonOf(status)}\r\n` },
    },
  ]
}
