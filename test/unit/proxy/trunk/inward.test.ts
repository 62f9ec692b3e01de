import t from 'tap'
import { Headers } from '../../../../engine/message/headers.ts'
import type { SipRequest } from '../../../../engine/message/message.ts'
import { createInward } from '../../../../proxy/trunk/inward.ts'
import { createRouteTable } from '../../../../selector/domain/route-table.ts'
import type { TakenAgent } from '../../../../selector/store/store.ts'
import { mediaServer } from '../../../support/fleet.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const trunk = { id: 'acision', addresses: [], enabled: true }
const request: SipRequest = {
  kind: 'request',
  method: 'INVITE',
  uri: 'sip:4930@door',
  headers: new Headers([['From', '<sip:1@carrier>']]),
  body: Buffer.alloc(0),
}

/** The headers that the media server of the next agent gets. */
async function headersFor(taken: TakenAgent) {
  const queues = {
    take: async () => taken,
    free: async () => undefined,
    join: async () => undefined,
    leave: async () => undefined,
    occupy: async () => undefined,
  }
  const table = createRouteTable([
    { id: 'r', enabled: true, rank: 1, direction: 'in', when: {}, to: [{ kind: 'queue', group: 'sales' }] },
  ])
  const inward = createInward({
    routes: () => table,
    store: {
      queues,
      servers: { get: async () => ({ item: mediaServer('ms-1'), version: 1 }) },
      ledger: { candidates: async () => [] },
    },
    placement: { whereIs: async () => undefined },
    choice: { choose: () => ({ kind: 'refused', status: 503 }) },
    clock: new ManualClock(),
  })
  const { value } = await inward.ways(request, trunk).next()
  return 'kind' in value && value.kind === 'client' ? value.headers : undefined
}

t.test('an agent that others may have given out as well is wanted alone', async t => {
  const taken = { agent: 'anna', server: 'ms-1', call: 'c' }
  t.strictSame(await headersFor(taken), [])
  t.strictSame(await headersFor({ ...taken, alone: true }), [['X-Portico-Alone', 'yes']])
})
