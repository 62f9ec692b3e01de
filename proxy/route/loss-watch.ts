import { messageOf } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import { signStep, type Examined, type SignEvent, type VitalSigns } from './vital-signs.ts'

/** What a watch looks at servers with. */
export interface LossWatchOptions {
  /** Asks the server by OPTIONS; resolves to whether it answered within `ms`. */
  readonly answers: (server: string, ms: number) => Promise<boolean>
  /** Packets that came in from the server in each of some calls of this door; empty: there is none, or nobody counts. */
  readonly packets: (server: string) => Promise<ReadonlyMap<string, number>>
  /** Called once when a server was found to hang. */
  readonly onLost: (server: string) => void
  readonly clock: Clock
  readonly log: Log
}

/** Finds out which of the servers whose Manager Interface is silent hang. */
export interface LossWatch {
  managerSilent(server: string, silent: boolean): void
  stop(): void
}

export function createLossWatch(options: LossWatchOptions): LossWatch {
  const { clock, log, onLost } = options
  const states = new Map<string, VitalSigns>()
  const again = new Map<string, () => void>()

  function take(server: string, event: SignEvent): void {
    const [state, effect] = signStep(states.get(server) ?? 'well', event)
    states.set(server, state)
    if (state !== 'suspected') again.get(server)?.()
    if (effect === 'examine') examine(server)
    else if (effect === 'examine-again') {
      again.set(
        server,
        clock.after(againMs, () => examine(server)),
      )
    } else if (effect === 'save') {
      log.warn('placement.server-hangs', { server })
      onLost(server)
    }
  }

  function examine(server: string): void {
    look(options, server).then(
      found => take(server, { kind: 'examined', ...found }),
      (cause: unknown) => {
        log.warn('placement.not-examined', { server, cause: messageOf(cause) })
        take(server, { kind: 'examined', sip: 'missing', media: 'unknown' })
      },
    )
  }

  return {
    managerSilent: (server, silent) => take(server, { kind: 'manager', silent }),
    stop() {
      for (const cancel of again.values()) cancel()
      states.clear()
    },
  }
}

async function look(options: LossWatchOptions, server: string): Promise<Examined> {
  const [answers, media] = await Promise.all([options.answers(server, lookMs), listen(options, server)])
  return { sip: answers ? 'there' : 'missing', media }
}

/** One call in which packets go on arriving is enough. */
async function listen({ packets, clock }: LossWatchOptions, server: string): Promise<Examined['media']> {
  const before = await packets(server)
  await new Promise<void>(resolve => void clock.after(listenMs, resolve))
  const after = await packets(server)
  const told = [...after].filter(([call]) => before.has(call))
  if (told.length === 0) return 'unknown'
  return told.some(([call, count]) => count > (before.get(call) ?? 0)) ? 'there' : 'missing'
}

/** How long an answer is waited for, and media is listened to: many packets of 20 ms. */
const lookMs = 450
const listenMs = 350
/** How soon a server is looked at again whose Manager Interface stays silent. */
const againMs = 500
