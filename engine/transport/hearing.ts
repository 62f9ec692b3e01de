import type { Clock } from '../../runtime/clock.ts'
import type { Context } from './context.ts'
import type { TransportLimits, TransportsOptions } from './transport-options.ts'

/**
 * Who is heard: those whom `mayEnter` lets in, and for a while those to whom we have sent a datagram ourselves, because a trunk
 * may answer from an address that no list has.
 */
export function hearing(
  { mayEnter }: Pick<TransportsOptions, 'mayEnter'>,
  { knownMs, known }: Pick<TransportLimits, 'knownMs' | 'known'>,
  clock: Clock,
): Pick<Context, 'mayEnter' | 'sendingTo'> {
  if (mayEnter === undefined) return { mayEnter: () => true, sendingTo: () => undefined }
  /** Until when each is heard; the one that we sent to longest ago comes first. */
  const until = new Map<string, number>()
  return {
    mayEnter: (address, listener) => mayEnter(address, listener) || (until.get(address) ?? 0) > clock.now(),
    sendingTo(address) {
      if ((until.get(address) ?? 0) > clock.now() + knownMs / 2) return
      until.delete(address)
      until.set(address, clock.now() + knownMs)
      const [oldest] = until.keys()
      if (until.size > known && oldest !== undefined) until.delete(oldest)
    },
  }
}
