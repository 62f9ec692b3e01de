import type { Test } from 'tap'
import type { ForwardParts } from '../../engine/api.ts'
import type { HeaderLine } from '../../engine/message/message.ts'
import type { EngineOptions } from '../../engine/options.ts'
import { sdp, side, type Side } from './engine-pair.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryNetwork } from './memory-network.ts'

/** A caller at 10.0.0.1, a proxy at .2, and two who are called at .3 and .4. */
export interface ProxyBed {
  readonly clock: ManualClock
  readonly network: MemoryNetwork
  readonly caller: Side
  readonly proxy: Side
  readonly bob: Side
  readonly carol: Side
  readonly deliver: () => void
  readonly rest: (t: Test) => void
}

/** All four, started. */
export async function proxyBed(options: Partial<EngineOptions> = {}): Promise<ProxyBed> {
  const clock = new ManualClock()
  const network = new MemoryNetwork(clock)
  const at = (name: string, host: number): Promise<Side> =>
    side(name, network.host(`10.0.0.${host}`), clock, {
      ...options,
      limits: { tryingMs: 1e6, ...options.limits },
    })
  const [caller, proxy, bob, carol] = [await at('a', 1), await at('p', 2), await at('b', 3), await at('c', 4)]
  return {
    clock,
    network,
    caller,
    proxy,
    bob,
    carol,
    deliver: () => clock.advance(40),
    rest(t) {
      clock.advance(70_000)
      for (const one of [caller, proxy, bob, carol])
        t.strictSame(
          one.engine.stats(),
          { transactions: 0, dialogs: 0, legs: 0, timers: 0 },
          'nothing is left',
        )
    },
  }
}

/** Lets the caller's INVITE reach the proxy; its transaction there. */
export function called({ caller, proxy, deliver }: ProxyBed, headers: readonly HeaderLine[] = []): string {
  const parts = { uri: 'sip:bob@10.0.0.2', body: sdp.body, headers: [...sdp.headers, ...headers] }
  caller.engine.request({ method: 'INVITE', ...parts })
  deliver()
  return proxy.take('request').transaction
}

/** What sends a request on to Bob. */
export const toBob: ForwardParts = { uri: 'sip:bob@10.0.0.3' }
