import { messageOf } from '../../runtime/errors.ts'
import type { Part } from '../../runtime/lifecycle.ts'
import type { Log } from '../../runtime/log.ts'
import { createRouteTable, type RouteTable } from '../../selector/domain/route-table.ts'
import type { Store } from '../../selector/store/store.ts'

/** The routes as the store has them, ready to be asked. */
export interface Rules extends Part {
  table(): RouteTable
}

/** Rules that follow the store: a call is never held up by it. */
export function createRules({
  store,
  log,
}: {
  readonly store: Pick<Store, 'routes'>
  readonly log: Log
}): Rules {
  let table = createRouteTable([])
  let unsubscribe: (() => void) | undefined

  async function read(): Promise<void> {
    table = createRouteTable((await store.routes.list()).map(({ item }) => item))
  }

  return {
    name: 'routes',
    async start() {
      await read()
      unsubscribe = store.routes.onChange(() => {
        read().catch((cause: unknown) => log.warn('routes.read-failed', { cause: messageOf(cause) }))
      })
    },
    stop: async () => unsubscribe?.(),
    table: () => table,
  }
}
