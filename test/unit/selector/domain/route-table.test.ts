import * as fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { Route, RouteConditions } from '../../../../selector/domain/route.ts'
import { createRouteTable, targetsOf } from '../../../../selector/domain/route-table.ts'
import type { RouteQuery } from '../../../../selector/domain/route-test.ts'
import { query, route } from '../../../support/routes.ts'

function decides(routes: readonly Route[], asked: Partial<RouteQuery> = {}): string {
  const match = createRouteTable(routes).match(query(asked))
  return match.kind === 'matched' ? `${match.route.id} ${match.number}` : match.kind
}

t.test('without any route a dialled number is the id of an agent', async t => {
  const match = createRouteTable([]).match(query())
  t.strictSame(match, { kind: 'default', direction: 'in', number: '4930123' })
  t.strictSame(targetsOf(match), [{ kind: 'agent' }])
  const outward = createRouteTable([]).match(query({ direction: 'out' }))
  t.strictSame([outward.kind, targetsOf(outward)], ['default', []], 'and to the outside any trunk will do')
  t.equal(decides([], { method: 'OPTIONS' }), 'none')
  t.equal(
    decides([route('a', 1, { direction: 'out' })]),
    'default',
    'rules for the other direction do not count',
  )
  t.equal(decides([route('a', 1, { enabled: false })]), 'none', 'one that is disabled does')
})

t.test('the first in order decides, however specific another is', async t => {
  const wide = route('wide', 1, { when: { number: { prefix: '49' } } })
  const narrow = route('narrow', 2, { when: { number: { pattern: '4930123' } } })
  t.equal(decides([narrow, wide]), 'wide 4930123')
  t.equal(decides([wide, { ...narrow, rank: 0 }]), 'narrow 4930123')
  t.equal(decides([route('b', 1), route('a', 1)]), 'a 4930123', 'at one rank the lesser id goes first')
})

t.test('each condition must hold', async t => {
  const cases: readonly (readonly [
    when: RouteConditions,
    yes: Partial<RouteQuery>,
    no: Partial<RouteQuery>,
  ])[] = [
    [{ trunks: ['x', 'acision'] }, {}, { trunk: 'y' }],
    [{ number: { prefix: '4930' } }, {}, { number: '4931' }],
    [{ number: { pattern: String.raw`\d+` } }, {}, { number: '+49' }],
    [{ caller: { prefix: '4940' } }, {}, { caller: 'anonymous' }],
    [
      { header: { name: 'X-Tenant', value: { pattern: 'a.*' } } },
      { header: name => (name === 'X-Tenant' ? 'acme' : undefined) },
      { header: () => 'b' },
    ],
    [
      { header: { name: 'X-Tenant', value: { prefix: '' } } },
      { header: () => '' },
      { header: () => undefined },
    ],
    [
      { times: [{ days: ['mon'], from: '08:00', until: '18:00', zone: 'UTC' }] },
      {},
      { at: Date.parse('2026-01-06T12:00:00Z') },
    ],
    [{ method: 'OPTIONS' }, { method: 'OPTIONS' }, {}],
  ]
  for (const [when, yes, no] of cases) {
    t.match(decides([route('r', 1, { when })], yes), /^r /, JSON.stringify(when))
    t.equal(decides([route('r', 1, { when })], no), 'none', JSON.stringify(when))
  }
})

t.test('a number is rewritten by digits or by the groups of its pattern', async t => {
  const number = { pattern: String.raw`(49)(\d+)` }
  t.equal(decides([route('r', 1, { rewrite: { strip: 2, prepend: '0' } })]), 'r 030123')
  t.equal(decides([route('r', 1, { rewrite: { strip: 64 } })]), 'r ')
  t.equal(decides([route('r', 1, { when: { number }, rewrite: { as: '00$1-$2$3' } })]), 'r 0049-30123')
})

t.test('an explanation names every rule before the one that decides, and what it failed on', async t => {
  const table = createRouteTable([
    route('off', 1, { enabled: false }),
    route('other', 2, { when: { trunks: ['other'] } }),
    route('night', 3, { when: { times: [{ from: '22:00', until: '06:00', zone: 'UTC' }] } }),
    route('hit', 4),
    route('later', 5),
  ])
  const { match, passed } = table.explain(query())
  t.match(match, { kind: 'matched', route: { id: 'hit' } })
  t.strictSame(passed, [
    { id: 'off', failed: 'disabled' },
    { id: 'other', failed: 'trunk' },
    { id: 'night', failed: 'time' },
  ])
})

t.test('the index finds what looking at one after the other finds', async t => {
  const text = fc.oneof(
    fc.stringMatching(/^[12]{0,3}$/).map(prefix => ({ prefix })),
    fc.constantFrom('1(2|1)*', '12', '2.', '(1|2)+', '1*2', '').map(pattern => ({ pattern })),
  )
  const when = fc.record(
    {
      trunks: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
      number: text,
      caller: text,
      method: fc.constantFrom('INVITE', 'OPTIONS'),
    },
    { requiredKeys: [] },
  )
  const rules = fc.array(
    fc.record({
      when,
      rank: fc.nat(5),
      enabled: fc.boolean(),
      direction: fc.constantFrom('in', 'in', 'out'),
    }),
    { maxLength: 20 },
  )
  const asked = fc.record({
    direction: fc.constantFrom('in', 'out'),
    trunk: fc.constantFrom('a', 'b', 'd'),
    number: fc.stringMatching(/^[12]{0,4}$/),
    caller: fc.stringMatching(/^[12]{0,2}$/),
    method: fc.constantFrom('INVITE', 'OPTIONS'),
  })
  fc.assert(
    fc.property(rules, asked, (rules, asked) => {
      const table = createRouteTable(rules.map((rule, n) => route(`r${n}`, 0, rule)))
      return isDeepStrictEqual(table.match(query(asked)), table.explain(query(asked)).match)
    }),
    { numRuns: 5_000 },
  )
  t.pass('on 5,000 tables')
})
