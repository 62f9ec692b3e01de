import type { ClientTx, ServerTx } from './core.ts'
import type { Dialog } from './dialog/dialog.ts'
import type { LiveSession } from './live-session.ts'
import type { LiveSubscriptions } from './live-subscriptions.ts'
import type { Kept } from './transaction/kept.ts'
import type { TimerName } from './transaction/timers.ts'
import { Alarm, type Ringing } from './transaction/wheel.ts'
import type { Target } from './transport/transport.ts'
import type { Unpracked } from './uas/reliables.ts'
import type { Repeated } from './uas/repeated.ts'
import type { Rejection } from './uas/requests.ts'

/** Our 2xx to an INVITE, while its ACK is awaited. */
export interface LiveAnswer {
  readonly cseq: number
  /** Of the INVITE. */
  readonly transaction: ServerTx
  readonly repeated: Repeated
}

/** A 2xx to our INVITE that the application has not acknowledged yet. */
export interface Unacknowledged {
  readonly cseq: number
  /** Of the INVITE. */
  readonly transaction: string
  /** The application had cancelled it: the call must end as soon as it is acknowledged. */
  readonly isRace: boolean
}

/** The last ACK that we sent for a 2xx, for copies of that 2xx. */
export interface StoredAck {
  readonly cseq: number
  readonly bytes: Kept
  readonly target: Target
}

/** A re-INVITE or UPDATE that was refused: what would come of a copy of it later must not differ. */
export interface RefusedOffer {
  /** Of its transaction. */
  readonly key: string
  readonly rejection: Rejection
}

/** A dialog together with what is going on in it. */
export class LiveDialog implements Ringing {
  plain: Dialog
  /** No 2xx yet (RFC 3261 §12.1). */
  isEarly: boolean
  /** A BYE has been sent or received. */
  isOver = false
  /** An INVITE of the peer without our final response. */
  theirInvite: ServerTx | undefined
  /** An INVITE of ours inside the dialog without final response. */
  ourInvite: ClientTx | undefined
  /** A provisional response to an INVITE that has its final response since; its PRACK may still come. */
  unpracked: Unpracked | undefined
  /** UPDATEs without final response. */
  theirUpdate: ServerTx | undefined
  ourUpdate: ClientTx | undefined
  /** Our last 2xx, while its ACK is awaited. */
  answer: LiveAnswer | undefined
  /** The caller cancelled too late: the call must end as soon as the ACK is there. */
  isCancelledLate = false
  /** Lets the BYE go that our application has sent before the ACK (RFC 3261 §15). */
  heldBye: (() => void) | undefined
  /** The session timer, once one was agreed. */
  session: LiveSession | undefined
  /** Set in a dialog that subscriptions keep, not a call. */
  subscriptions: LiveSubscriptions | undefined
  /** The last SDP that we sent, where a refresh may have to repeat it. */
  localSdp: Buffer | undefined
  /** The last offer of the peer that was refused without being kept, for its copies. */
  refused: RefusedOffer | undefined
  toAcknowledge: Unacknowledged | undefined
  acknowledged: StoredAck | undefined
  /** Rings `race` when the answered call that was cancelled is to be ended. */
  readonly alarm = new Alarm(this)
  readonly #onRace: (dialog: LiveDialog) => void

  constructor(plain: Dialog, isEarly: boolean, onRace: (dialog: LiveDialog) => void) {
    this.plain = plain
    this.isEarly = isEarly
    this.#onRace = onRace
  }

  ring(timer: TimerName): void {
    if (timer === 'race' && !this.isOver) this.#onRace(this)
  }
}
