import * as fc from 'fast-check'
import t from 'tap'
import { choose, type Policy } from '../../../../selector/domain/choose.ts'
import type { Candidate, Load, MediaServer } from '../../../../selector/domain/media-server.ts'
import { load, mediaServer } from '../../../support/fleet.ts'

const expected: Policy = { utilisation: 'expected', rho: 0.5 }
const inCall: Policy = { utilisation: 'in-call', rho: 0.5 }

interface Row
  extends
    Partial<Pick<MediaServer, 'capacity' | 'wanted'>>,
    Partial<Pick<Load, 'waiting' | 'inCall' | 'reconciled'>> {
  readonly reserved?: number
  readonly health?: Candidate['health']
}

function candidate(
  id: string,
  { capacity = 10, wanted = 'active', reserved = 0, health = 'up', ...told }: Row = {},
): Candidate {
  return { server: mediaServer(id, { capacity, wanted }), load: load(told), reserved, health }
}

const chosen = (
  fleet: readonly Candidate[],
  policy: Policy,
  exclude: readonly string[] = [],
  chance = 0,
): string => {
  const choice = choose(fleet, policy, exclude, chance)
  return choice.kind === 'chosen' ? choice.server.id : choice.reason
}

const cases: readonly [name: string, Policy, a: Row, b: Row, answer: string][] = [
  ['takes the server with fewer agents in call', expected, { inCall: 4 }, { inCall: 3 }, 'b'],
  ['counts waiting agents by the share that is in call', expected, { waiting: 5 }, { inCall: 3 }, 'a'],
  ['counts a reservation like a waiting agent', expected, { reserved: 5 }, { waiting: 4 }, 'b'],
  ['measures load against capacity', expected, { inCall: 4, capacity: 20 }, { inCall: 3 }, 'a'],
  ['counts agents in call only, when told so', inCall, { inCall: 1 }, { waiting: 8 }, 'b'],
  [
    'fills no server beyond its capacity',
    expected,
    { capacity: 2, waiting: 1, reserved: 1 },
    { inCall: 9 },
    'b',
  ],
  ['leaves a draining server alone', expected, { wanted: 'draining' }, { inCall: 9 }, 'b'],
  ['leaves a disabled server alone', expected, { wanted: 'disabled' }, { inCall: 9 }, 'b'],
  [
    'leaves a server alone whose counters are not known to be right',
    expected,
    { reconciled: false },
    { inCall: 9 },
    'b',
  ],
  ['leaves a server alone that is down', expected, { health: 'down' }, { inCall: 9 }, 'b'],
  ['takes a server whose health nobody knows yet', expected, { health: 'unknown' }, { inCall: 1 }, 'a'],
  ['says that all are full', expected, { capacity: 1, waiting: 1 }, { capacity: 0 }, 'all-full'],
  ['says that none is eligible', expected, { capacity: 0 }, { health: 'down' }, 'none-eligible'],
]
for (const [name, policy, a, b, answer] of cases) {
  t.test(name, async t => {
    t.equal(chosen([candidate('a', a), candidate('b', b)], policy), answer)
  })
}

t.test('never takes a server that was tried already', async t => {
  t.equal(chosen([candidate('a'), candidate('b', { inCall: 9 })], expected, ['a']), 'b')
  t.equal(chosen([candidate('a')], expected, ['a']), 'none-eligible')
})

t.test('a server without any load has never been reconciled', async t => {
  t.equal(chosen([{ server: mediaServer('a'), reserved: 0, health: 'up' }], expected), 'none-eligible')
  t.equal(chosen([], expected), 'no-servers')
})

t.test('chance settles ties, each of them equally often', async t => {
  const fleet = [candidate('c'), candidate('busy', { inCall: 1 }), candidate('a'), candidate('b')]
  const picks = [0, 0.33, 0.34, 0.66, 0.67, 0.999].map(chance => chosen(fleet, expected, [], chance))
  t.strictSame(picks, ['a', 'a', 'b', 'b', 'c', 'c'])
})

t.test('shows what was considered, by id', async t => {
  const fleet = [
    candidate('b', { inCall: 2, waiting: 2, reserved: 1 }),
    candidate('a', { wanted: 'draining' }),
  ]
  t.strictSame(choose(fleet, expected, [], 0).considered, [
    { id: 'a', excluded: 'not-active' },
    { id: 'b', load: 0.35 },
  ])
})

t.test('the order of the candidates never matters', async t => {
  const row = fc.record({ waiting: fc.nat(3), inCall: fc.nat(3), reserved: fc.nat(2), capacity: fc.nat(8) })
  const rows = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z0-9_.-]{1,3}$/), row), {
    selector: ([id]) => id,
  })
  const shuffled = rows.chain(list =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  fc.assert(
    fc.property(shuffled, fc.double({ min: 0, max: 0.999, noNaN: true }), ([one, other], chance) => {
      const [first, second] = [one, other].map(list => list.map(([id, value]) => candidate(id, value)))
      return chosen(first ?? [], expected, [], chance) === chosen(second ?? [], expected, [], chance)
    }),
  )
  t.pass()
})
