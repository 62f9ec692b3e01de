import * as fc from 'fast-check'
import t from 'tap'
import { look } from '../../../../selector/domain/look.ts'
import type { Candidate, Load, MediaServer } from '../../../../selector/domain/media-server.ts'
import type { Policy } from '../../../../selector/domain/standing.ts'
import { load, mediaServer } from '../../../support/fleet.ts'

const at = 1_700_000_000_000
const expected: Policy = { utilisation: 'expected', rho: 0.5 }
const inCall: Policy = { utilisation: 'in-call', rho: 0.5 }

interface Row
  extends
    Partial<Omit<Candidate, 'server' | 'load'>>,
    Partial<Pick<MediaServer, 'capacity' | 'wanted' | 'weight' | 'maxCalls' | 'zone'>>,
    Partial<Pick<Load, 'waiting' | 'inCall' | 'clients' | 'reconciled'>> {
  /** Age of the counters, ms. */
  readonly age?: number
}

function candidate(id: string, row: Row = {}): Candidate {
  const { capacity = 10, wanted = 'active', zone = 'z1', weight, maxCalls, age = 0, ...rest } = row
  const { waiting = 0, inCall = 0, clients = 0, reconciled = true, ...known } = rest
  const optional = { ...(weight !== undefined && { weight }), ...(maxCalls !== undefined && { maxCalls }) }
  return {
    server: mediaServer(id, { capacity, wanted, zone, ...optional }),
    load: load({ takenAt: at - age, waiting, inCall, clients, reconciled }),
    reserved: 0,
    health: 'up',
    ...known,
  }
}

const aged = (age: number): Candidate[] => ['a', 'b', 'c'].map(id => candidate(id, { age }))

const chosen = (
  fleet: readonly Candidate[],
  policy: Policy = expected,
  exclude: readonly string[] = [],
  chance = 0,
): string => {
  const choice = look(fleet, 'call', { policy, exclude, chance, at })
  return choice.kind === 'chosen' ? choice.server.id : choice.reason
}

const ruleOf = (fleet: readonly Candidate[], chance = 0): string | undefined =>
  look(fleet, 'call', { policy: expected, exclude: [], chance, at }).decision.picked?.rule

const cases: readonly [name: string, Policy, a: Row, b: Row, answer: string][] = [
  ['takes the server with fewer agents in call', expected, { inCall: 4 }, { inCall: 3 }, 'b'],
  ['counts waiting agents by the share that is in call', expected, { waiting: 5 }, { inCall: 3 }, 'a'],
  ['counts a reservation like a waiting agent', expected, { reserved: 5 }, { waiting: 4 }, 'b'],
  ['measures load against capacity', expected, { inCall: 4, capacity: 20 }, { inCall: 3 }, 'a'],
  [
    'gives a server of twice the weight twice the work',
    expected,
    { inCall: 5, weight: 2 },
    { inCall: 3 },
    'a',
  ],
  ['counts agents in call only, when told so', inCall, { inCall: 1 }, { waiting: 8 }, 'b'],
  [
    'fills no server beyond its capacity',
    expected,
    { capacity: 2, waiting: 1, reserved: 1 },
    { inCall: 9 },
    'b',
  ],
  [
    'places no agent where the limit of calls is reached',
    expected,
    { clients: 3, maxCalls: 3 },
    { inCall: 9 },
    'b',
  ],
  ['leaves a draining server alone', expected, { wanted: 'draining' }, { inCall: 9 }, 'b'],
  ['leaves a disabled server alone', expected, { wanted: 'disabled' }, { inCall: 9 }, 'b'],
  ['leaves a server alone that shuts down', expected, { health: 'stopping' }, { inCall: 9 }, 'b'],
  [
    'leaves a server alone that is ejected',
    expected,
    { health: 'ejected', until: at + 1 },
    { inCall: 9 },
    'b',
  ],
  [
    'tries an ejected server again when its time is over',
    expected,
    { health: 'ejected', until: at },
    { inCall: 9 },
    'a',
  ],
  [
    'leaves a server alone whose counters are not known to be right',
    expected,
    { reconciled: false },
    { inCall: 9 },
    'b',
  ],
  [
    'leaves a server alone whose counters say nothing any more',
    expected,
    { age: 60_001 },
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

t.test('a server without any load has never been reconciled and counts as draining', async t => {
  t.equal(chosen([{ server: mediaServer('a'), reserved: 0, health: 'up' }]), 'none-eligible')
  t.equal(chosen([]), 'no-servers')
})

t.test('chance settles ties, each of them equally often', async t => {
  const fleet = [candidate('c'), candidate('busy', { inCall: 1 }), candidate('a'), candidate('b')]
  const picks = [0, 0.33, 0.34, 0.66, 0.67, 0.999].map(chance => chosen(fleet, expected, [], chance))
  t.strictSame(picks, ['a', 'a', 'b', 'b', 'c', 'c'])
})

t.test('the own zone goes first until its best server is loaded', async t => {
  const home: Policy = { ...expected, zone: 'z1', spillAt: 0.5 }
  const away = candidate('away', { zone: 'z2' })
  t.equal(chosen([candidate('a', { inCall: 4 }), away], home), 'a')
  t.equal(chosen([candidate('a', { inCall: 5 }), away], home), 'away')
  t.equal(chosen([candidate('a', { inCall: 4 }), away], home, ['a']), 'away')
  t.equal(chosen([away], home), 'away', 'nobody is turned away because the own zone is empty')
})

t.test('counters up to 10 s old are trusted, up to 60 s two are drawn', async t => {
  t.equal(ruleOf(aged(10_000)), 'least')
  t.equal(ruleOf(aged(10_001)), 'two-choices')
  t.equal(
    ruleOf([...aged(30_000), ...['d', 'e', 'f'].map(id => candidate(id))]),
    'least',
    'half of them suffice',
  )
})

t.test('of two that are drawn the less loaded is taken', async t => {
  const fleet = [1, 2, 3, 4].map(inCall => candidate(`s${inCall}`, { inCall, age: 30_000 }))
  // The first draw is the second of four, the second draw the last of the other three.
  t.equal(chosen(fleet, expected, [], 0.49), 's2')
  t.equal(chosen(fleet, expected, ['s2'], 0.49), 's4')
})

t.test('when counters say nothing any more, what was placed decides', async t => {
  const fleet = [
    candidate('a', { inCall: 9, age: 61_000, placed: 1 }),
    candidate('b', { age: 61_000, placed: 2 }),
  ]
  t.equal(ruleOf(fleet), 'ledger')
  t.equal(chosen(fleet), 'a')
})

t.test('when fewer than half are well, those that may live get their share', async t => {
  const fleet = [
    candidate('well'),
    ...['x', 'y', 'z'].map(id => candidate(id, { health: 'ejected', until: at + 9_000 })),
    candidate('dead', { health: 'down' }),
  ]
  const picks = [0.1, 0.3, 0.6, 0.9].map(chance => chosen(fleet, expected, [], chance))
  t.equal(picks[0], 'well')
  t.notOk(picks.slice(1).includes('well'))
  t.notOk(picks.includes('dead'))
  t.equal(
    chosen(fleet, expected, ['x', 'y', 'z'], 0.9),
    'well',
    'the other pool is asked when one has nobody',
  )
})

t.test('a server in its ramp waits for its turn unless most are new', async t => {
  const warm = candidate('new', { nextAt: at + 500 })
  t.equal(chosen([warm, candidate('a', { inCall: 5 }), candidate('b', { inCall: 6 })]), 'a')
  t.equal(chosen([warm, candidate('a', { inCall: 5 })]), 'new')
  t.equal(
    chosen([warm, candidate('a', { inCall: 10 }), candidate('b', { inCall: 10 })]),
    'new',
    'never nobody',
  )
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
