import { EventEmitter, once } from 'node:events'
import { messageOf, PorticoError } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import type { AmiActions, OriginateOutcome } from './ami/actions.ts'
import type { OriginateOrder } from './ami/originate.ts'
import { createDialDesk, type DialDeskOptions, type DialRefusal, type NotedWish } from './dial-desk.ts'
import { statusOfCause } from './domain/cause.ts'
import type { Dial } from './domain/dial.ts'
import type { MediaServer } from './domain/media-server.ts'
import type { DialBegun, Store } from './store/store.ts'

/** What a dialler needs. */
export interface DiallerOptions extends DialDeskOptions {
  readonly store: DialDeskOptions['store'] & Pick<Store, 'dials' | 'orders'>
  readonly actions: Pick<AmiActions, 'originate'>
  /** Host part of what the media server calls; the door looks at the number alone. */
  readonly domain: string
  /** How long a client is kept with music whose agent was lost. */
  readonly holdMs: number
  readonly log: Log
}

/** A call that somebody wants. */
export interface DialWish extends NotedWish {
  readonly callerId?: NonNullable<OriginateOrder['callerId']>
}

/** What became of a wish. */
export type Dialled =
  Exclude<DialBegun, { kind: 'refused' }> | { readonly kind: 'refused'; readonly refusal: DialRefusal }

/** Calls numbers for agents into their conferences. */
export interface Dialler {
  /**
   * Resolves when the agent's media server has taken the order; what becomes of the call, the store's dials tell. Rejects with
   * `E_REDIS_UNREACHABLE`, or as AMI actions do: then nothing was dialled, or the same reference goes on with the same call.
   */
  dial(wish: DialWish): Promise<Dialled>
}

export function createDialler(options: DiallerOptions): Dialler {
  const desk = createDialDesk(options)
  return {
    async dial({ callerId, ...wish }) {
      const noted = await desk.begin(wish)
      if (noted.kind === 'refused') return noted
      const { kind, dial, server } = noted
      if (dial.news.state === 'ordered') await give(options, server, dial, callerId)
      return { kind, dial }
    },
  }
}

/**
 * Orders a call that was noted. One whose order may have been lost on its way is ordered again under the same id, by which Asterisk
 * knows whether it has it already.
 */
async function give(
  options: DiallerOptions,
  pinned: MediaServer,
  { call, agent, number, server: ordered }: Dial,
  callerId: DialWish['callerId'],
): Promise<void> {
  const { store, actions, domain, ringMs, holdMs, log } = options
  const server = ordered === pinned.id ? pinned : (await store.servers.get(ordered))?.item
  if (!server)
    throw new PorticoError('E_AMI_CLOSED', `media server ${ordered} is gone; use another reference`)
  const order: OriginateOrder = { call, agent, number, domain, ringMs, holdMs, ...(callerId && { callerId }) }
  const asterisk = new EventEmitter()
  const taken = once(asterisk, 'taken')
  const outcome = actions
    .originate(server, order, () => void asterisk.emit('taken'))
    .then(ended => follow(options, call, ended))
  outcome.catch((cause: unknown) => {
    log.warn('dial.not-followed', { call, agent, server: server.id, cause: messageOf(cause) })
  })
  try {
    await Promise.race([taken, outcome])
  } catch (cause) {
    if (isCertain(cause)) await store.dials.forget(call)
    throw cause
  }
}

/** The media server knows of a failure first when the call did not reach a door. */
async function follow(
  { store, clock, log }: DiallerOptions,
  call: string,
  outcome: OriginateOutcome,
): Promise<void> {
  log.info('dial.outcome', { call, ...outcome })
  if (outcome.kind !== 'failed') return
  const cause = outcome.cause === 0 ? outOfOrder : outcome.cause
  const { status = statusOfCause(cause) } = outcome
  try {
    const dial = await store.dials.tell(call, { state: 'failed', at: clock.wall(), cause, status })
    if (dial) await store.orders.give({ kind: 'tell', dial })
  } catch (failure) {
    log.warn('dial.not-told', { call, cause: messageOf(failure) })
  }
}

/** Whether an order surely dialled nothing. */
function isCertain(cause: unknown): boolean {
  return cause instanceof PorticoError && (cause.code === 'E_AMI_REFUSED' || cause.code === 'E_AMI_LOGIN')
}

/** Network out of order (Q.850): Asterisk made no channel. */
const outOfOrder = 38
