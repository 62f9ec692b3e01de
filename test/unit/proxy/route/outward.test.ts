import t from 'tap'
import { Headers } from '../../../../engine/message/headers.ts'
import type { HeaderLine, SipRequest } from '../../../../engine/message/message.ts'
import { createOutward } from '../../../../proxy/route/outward.ts'
import { createTrunkChoice } from '../../../../proxy/trunk/choice.ts'
import { createLoopGuard } from '../../../../proxy/trunk/loop.ts'
import { orderPeers } from '../../../../selector/domain/peers.ts'
import { createRouteTable } from '../../../../selector/domain/route-table.ts'
import type { FarFlow } from '../../../../proxy/ports.ts'
import type { Trunk } from '../../../../selector/domain/trunk.ts'
import type { Binding } from '../../../../selector/store/store.ts'
import { ms1 } from '../call/fixtures.ts'

const pstn: Trunk = {
  id: 'pstn',
  addresses: [],
  peers: [
    { host: '192.0.2.10', port: 5060, transport: 'tcp', priority: 2, weight: 1 },
    { host: '192.0.2.9', port: 5060, transport: 'udp', priority: 1, weight: 1 },
  ],
  enabled: true,
}
const mute: Trunk = { id: 'mute', addresses: [], enabled: true }

function binding(flow: string, more: Partial<Binding> = {}): Binding {
  return {
    agent: '1001',
    contact: `sip:1001@${flow}.invalid;transport=ws`,
    flow,
    door: 'd1',
    callId: flow,
    cseq: 1,
    expiresAt: 1,
    ...more,
  }
}

const bindings = [
  binding('old'),
  binding('new', { expiresAt: 9 }),
  binding('far', { door: 'd2', expiresAt: 99 }),
]

const noRoutes = createRouteTable([])

const bindingsOf = async (agent: string) => bindings.filter(each => each.agent === agent)

function outward(trunks: readonly Trunk[] = [mute, pstn], reach = (_far: FarFlow): void => undefined) {
  return createOutward({
    reach,
    bindings: { of: bindingsOf },
    choice: createTrunkChoice({
      trunks: () => trunks,
      routes: () => noRoutes,
      peers: {
        ordered: ({ peers = [] }) =>
          orderPeers(
            peers,
            () => 'unknown',
            () => 0,
          ),
      },
      limits: { check: () => ({ kind: 'admitted' }) },
      loops: createLoopGuard(Buffer.from('key')),
      domain: 'portico.test',
      now: () => 0,
    }),
    door: 'd1',
    domain: 'portico.test',
  })
}

function invite(user: string, headers: readonly HeaderLine[] = []): SipRequest {
  const lines: readonly HeaderLine[] = [['From', '"Acme" <sip:+49301@10.0.0.1>;tag=x'], ...headers]
  return {
    kind: 'request',
    method: 'INVITE',
    uri: `sip:${user}@10.0.0.5`,
    headers: new Headers(lines),
    body: Buffer.alloc(0),
  }
}

const forAgent: readonly HeaderLine[] = [['X-Portico-Agent', '1001']]

t.test('an agent is rung on its connections with every door, the newest first', async t => {
  const reached: FarFlow[] = []
  const route = await outward(undefined, far => reached.push(far)).route(invite('agt-1001'), ms1)
  t.match(route, {
    kind: 'ring-agent',
    agent: '1001',
    places: [{ flow: 'far' }, { flow: 'new' }, { flow: 'old' }],
  })
  t.strictSame(reached, [{ flow: 'far', at: 'd2' }], 'only those of other doors have to be reached')
})

t.test('an agent with no connection here is away', async t => {
  t.strictSame(await outward().route(invite('agt-1002'), ms1), { kind: 'refused', status: 480 })
})

t.test('a number is dialled for its agent through a trunk that takes calls', async t => {
  const route = await outward().route(invite('+49301234', forAgent), ms1)
  t.match(route, {
    kind: 'dial-out',
    agent: '1001',
    dialled: { trunk: 'pstn' },
    places: [
      { id: 'udp:192.0.2.9:5060', uri: 'sip:+49301234@192.0.2.9:5060;transport=udp' },
      { id: 'tcp:192.0.2.10:5060', uri: 'sip:+49301234@192.0.2.10:5060;transport=tcp' },
    ],
  })
})

t.test('nobody is shown where the call comes from', async t => {
  for (const user of ['agt-1001', '+49301234']) {
    const route = await outward().route(invite(user, forAgent), ms1)
    t.match(JSON.stringify(route), 'sip:+49301@portico.test')
    t.notMatch(JSON.stringify(route), '10.0.0')
  }
})

for (const [from, shown] of [
  ['"Acme" <sip:10.0.0.1@10.0.0.1>;tag=x', 'sip:anonymous@'],
  ['"Asterisk 10.0.0.1" <sip:+49301@10.0.0.1>;tag=x', '"<sip:+49301@portico.test>"'],
  ['"fd00::7" <sip:+49301@[fd00::7]>;tag=x', '"<sip:+49301@portico.test>"'],
] as const) {
  t.test(`an address of the inside names no caller: ${from}`, async t => {
    const request = { ...invite('+49301234'), headers: new Headers([['From', from], ...forAgent]) }
    const route = await outward().route(request, ms1)
    t.ok(JSON.stringify(route).includes(shown))
    t.notMatch(JSON.stringify(route), /10\.0\.0|fd00/)
  })
}

for (const [name, user, headers, status] of [
  ['what is no number', 'drop!table', forAgent, 404],
  ['a number for nobody', '+49301234', [], 404],
  ['a number for what no agent is called', '+49301234', [['X-Portico-Agent', 'a b']], 404],
  ['what no agent is called', 'agt-!', [], 404],
] as const) {
  t.test(`${name} leads nowhere`, async t => {
    t.strictSame(await outward().route(invite(user, headers), ms1), { kind: 'refused', status })
  })
}

t.test('without a trunk that takes calls nothing is dialled', async t => {
  t.match(await outward([mute]).route(invite('+49301234', forAgent), ms1), { status: 503 })
})
