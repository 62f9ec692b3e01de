import t from 'tap'
import type { OutgoingCall, TrunkChoice } from '../../../../proxy/ports.ts'
import { createTrunkChoice } from '../../../../proxy/trunk/choice.ts'
import { createTrunkLimits } from '../../../../proxy/trunk/limits.ts'
import { createLoopGuard, loopHeader } from '../../../../proxy/trunk/loop.ts'
import type { Route } from '../../../../selector/domain/route.ts'
import { createRouteTable } from '../../../../selector/domain/route-table.ts'
import type { Trunk } from '../../../../selector/domain/trunk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { route } from '../../../support/routes.ts'
import { invite, trunkOf, trunkPeer } from '../../../support/trunks.ts'

function choice(
  trunks: readonly Trunk[],
  routes: readonly Route[] = [],
  limits = createTrunkLimits({ clock: new ManualClock(), chance: () => 0 }),
): TrunkChoice {
  const table = createRouteTable(routes)
  return createTrunkChoice({
    routes: () => table,
    trunks: () => trunks,
    peers: { ordered: ({ peers = [] }) => peers },
    limits,
    loops: createLoopGuard(Buffer.from('key')),
    domain: 'd',
    now: () => 0,
  })
}

const call: OutgoingCall = {
  request: invite([['X-Tenant', 'acme']]),
  number: '4930123',
  caller: { user: '4930100' },
}
const out = (id: string, place: number, changes: Partial<Route> = {}): Route =>
  route(id, place, { direction: 'out', to: [{ kind: 'trunk', trunk: 'acision' }], ...changes })

t.test('a named trunk is asked by its peers in their order, with its account', async t => {
  const account = { user: 'us', password: 'p' }
  const peers = [trunkPeer('192.0.2.1'), trunkPeer('2001:db8::1', { port: 5061, transport: 'tls' })]
  const ways = choice([trunkOf({ peers, account })]).choose({ ...call, trunk: 'acision' })
  t.match(ways, {
    kind: 'ways',
    dialled: { trunk: 'acision', number: '4930123' },
    places: [
      { id: 'udp:192.0.2.1:5060', uri: 'sip:4930123@192.0.2.1:5060;transport=udp', account },
      { id: 'tls:2001:db8::1:5061', uri: 'sip:4930123@[2001:db8::1]:5061;transport=tls', account },
    ],
  })
})

t.test('without a name the routes out say which, with which number and which caller', async t => {
  const trunks = [trunkOf(), trunkOf({ id: 'other', headers: { out: ['X-Tenant'] } })]
  const routes = [
    out('abroad', 1, { when: { number: { prefix: '00' } }, to: [{ kind: 'reject', status: 403 }] }),
    out('rest', 2, {
      when: { number: { pattern: String.raw`49(\d+)` } },
      rewrite: { as: '0$1' },
      caller: { number: '4930999' },
      to: [
        { kind: 'trunk', trunk: 'gone' },
        { kind: 'trunk', trunk: 'other' },
      ],
    }),
  ]
  const made = choice(trunks, routes)
  const ways = made.choose(call)
  t.match(ways, {
    kind: 'ways',
    dialled: { trunk: 'other', number: '030123', route: 'rest' },
    places: [{ uri: 'sip:030123@192.0.2.1:5060;transport=udp' }],
  })
  const lines = new Map(ways.kind === 'ways' ? ways.places[0].headers : [])
  t.strictSame([lines.get('From'), lines.get('X-Tenant')], ['<sip:4930999@d>', 'acme'])
  t.match(made.choose({ ...call, number: '0044' }), { kind: 'refused', status: 403 })
  t.match(
    made.choose({ ...call, number: '33' }),
    { kind: 'refused', status: 404 },
    'nothing leaves without a route',
  )
})

t.test('only numbers leave, also after a rewriting', async t => {
  const made = choice([trunkOf()], [out('r', 1, { rewrite: { prepend: 'x' } })])
  t.match(made.choose(call), { kind: 'refused', status: 404 })
  t.match(made.choose({ ...call, number: '500&PJSIP/x', trunk: 'acision' }), { kind: 'refused', status: 404 })
})

t.test('a trunk that is full, unknown or without peers gives way to the next one', async t => {
  const [full, bare, open] = [
    trunkOf({ limits: { calls: 1 } }),
    trunkOf({ id: 'bare', peers: [] }),
    trunkOf({ id: 'open' }),
  ]
  const limits = createTrunkLimits({ clock: new ManualClock(), chance: () => 0 })
  const made = choice([full, bare, open], [], limits)
  t.match(
    made.choose(call),
    { kind: 'ways', dialled: { trunk: 'acision' } },
    'without routes the first with room',
  )
  limits.admit(full, 'c1')
  t.match(made.choose({ ...call, trunk: 'acision' }), { kind: 'refused', status: 503, retryAfterSec: 5 })
  t.match(made.choose(call), { kind: 'ways', dialled: { trunk: 'open' } })
  limits.left('c1')
  t.equal(made.choose({ ...call, trunk: 'acision' }).kind, 'ways')
  for (const trunk of ['bare', 'gone'])
    t.match(made.choose({ ...call, trunk }), { kind: 'refused', status: 503 })
})

t.test('a call that comes back for the same number is a loop, for another one it is none', async t => {
  const made = choice([trunkOf()])
  const ways = made.choose({ ...call, trunk: 'acision' })
  const marks = new Map(ways.kind === 'ways' ? ways.places[0].headers : []).get(loopHeader) ?? ''
  t.match(marks, /^[0-9a-f]{16}$/)
  const back = {
    ...call,
    call: 'c2',
    dialled: { trunk: 'acision' },
    request: invite([[loopHeader, `0123456789abcdef, ${marks}`]]),
  }
  t.match(made.choose(back), { kind: 'refused', status: 482 })
  const other = made.choose({ ...back, number: '4930124' })
  t.match(
    new Map(other.kind === 'ways' ? other.places[0].headers : []).get(loopHeader),
    /^([0-9a-f]{16},){2}[0-9a-f]{16}$/,
  )
  const long = invite([[loopHeader, Array.from({ length: 8 }, () => '0123456789abcdef').join()]])
  t.match(made.choose({ ...back, request: long }), { kind: 'refused', status: 482 })
})
