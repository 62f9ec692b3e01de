import t from 'tap'
import { Headers } from '../../../../engine/message/headers.ts'
import type { SipRequest } from '../../../../engine/message/message.ts'
import { createInward } from '../../../../proxy/trunk/inward.ts'
import type { AgentPlace } from '../../../../proxy/ports.ts'
import type { RouteTarget } from '../../../../selector/domain/route.ts'
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

/** The first way of a call that a route sends there, where the next agent of every queue is `taken`. */
async function firstWay(
  to: RouteTarget,
  taken?: TakenAgent,
  whereIs = async (): Promise<AgentPlace | undefined> => undefined,
) {
  const queues = {
    take: async () => taken,
    free: async () => undefined,
    join: async () => undefined,
    leave: async () => undefined,
    occupy: async () => undefined,
  }
  const table = createRouteTable([{ id: 'r', enabled: true, rank: 1, direction: 'in', when: {}, to: [to] }])
  const inward = createInward({
    routes: () => table,
    store: {
      queues,
      servers: { get: async () => ({ item: mediaServer('ms-1'), version: 1 }) },
      ledger: { candidates: async () => [] },
    },
    placement: { whereIs },
    choice: { choose: () => ({ kind: 'refused', status: 503 }) },
    clock: new ManualClock(),
  })
  return (await inward.ways(request, trunk).next()).value
}

/** The headers that the media server of the next agent gets. */
async function headersFor(taken: TakenAgent) {
  const way = await firstWay({ kind: 'queue', group: 'sales' }, taken)
  return 'kind' in way && way.kind === 'client' ? way.headers : undefined
}

t.test('an agent that others may have given out as well is wanted alone', async t => {
  const taken = { agent: 'anna', server: 'ms-1', call: 'c' }
  t.strictSame(await headersFor(taken), [])
  t.strictSame(await headersFor({ ...taken, alone: true }), [['X-Portico-Alone', 'yes']])
})

t.test('an agent that has just come is asked for a second time, and no more', async t => {
  const answers = [undefined, { server: mediaServer('ms-1'), call: 'c' }, undefined, undefined]
  const whereIs = async (): Promise<AgentPlace | undefined> => answers.shift()
  const to = { kind: 'agent', agent: 'anna' } as const
  t.match(await firstWay(to, undefined, whereIs), { kind: 'client', agent: 'anna', server: { id: 'ms-1' } })
  t.strictSame(await firstWay(to, undefined, whereIs), { status: 480 })
  t.strictSame(answers, [])
})
