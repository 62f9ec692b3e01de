import type { Engine, EngineEvent } from './api.ts'
import { createCore } from './core.ts'
import { closeDialog } from './dialogs.ts'
import { forward } from './forward/forward.ts'
import { relay } from './forward/relay.ts'
import type { EngineOptions } from './options.ts'
import { receive } from './receive.ts'
import { showEngine } from './show-engine.ts'
import { acknowledge } from './uac/ack.ts'
import { cancelInvite } from './uac/cancel.ts'
import { clientOwner } from './uac/owner.ts'
import { sendRequest } from './uac/request.ts'
import { serverOwner } from './uas/owner.ts'
import { respond } from './uas/respond.ts'

/** How much lives in an engine; all zero when it is at rest. */
export interface EngineStats {
  /** Of peers and our own. */
  readonly transactions: number
  /** Early ones included. */
  readonly dialogs: number
  /** Calls that are being set up. */
  readonly legs: number
  readonly timers: number
}

/** An engine over `transports`, not started. Its limits are in `engineDefaults` where `limits` says nothing. */
export function createEngine(options: EngineOptions): Engine & { stats(): EngineStats } {
  let receiver = ignore
  const core = createCore(options, { emit: event => receiver(event), serverOwner, clientOwner })
  if (options.metrics !== undefined) showEngine(core, options.metrics)
  return {
    async start() {
      await core.transports.start(event => receive(core, event))
      core.load?.start()
    },
    async stop() {
      core.load?.stop()
      for (const transaction of [...core.servers.all(), ...core.clients.all()]) transaction.drop()
      for (const dialog of core.dialogs.values()) closeDialog(core, dialog)
      core.legs.clear()
      core.wheel.stop()
      await core.transports.stop()
    },
    onEvent(given) {
      receiver = given
    },
    listeners: () => core.transports.listeners(),
    respond: (transaction, parts) => respond(core, transaction, parts),
    request: parts => sendRequest(core, parts),
    cancel: (transaction, headers = []) => cancelInvite(core, transaction, headers),
    ack: (dialog, parts = {}) => acknowledge(core, dialog, parts),
    forward: (transaction, parts) => forward(core, transaction, parts),
    relay: (transaction, response) => relay(core, transaction, response),
    closeFlow: flow => core.transports.closeFlow(flow),
    stats: () => ({
      transactions: core.servers.size + core.clients.size,
      dialogs: core.dialogs.size,
      legs: core.legs.size,
      timers: core.wheel.size,
    }),
  }
}

function ignore(_event: EngineEvent): void {
  // Before `onEvent` there is nobody to tell.
}
