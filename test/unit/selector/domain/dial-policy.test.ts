import * as fc from 'fast-check'
import t from 'tap'
import {
  limitsOf,
  mayDial,
  numberOf,
  prefixesOf,
  type DialPolicy,
} from '../../../../selector/domain/dial-policy.ts'

const policy: DialPolicy = {
  prefixes: ['0', '+49'],
  calls: 2,
  callsPerHour: 100,
  groups: [
    { group: 'sales', prefixes: ['+43', '+41'], calls: 10 },
    { group: 'night', callsPerHour: 50 },
    { group: 'export', prefixes: ['+1'] },
  ],
  aliases: [
    { name: 'boss', number: '+49301' },
    { name: 'premium', number: '+49900' },
  ],
}

t.test('a number is digits, * and #, with a + before them or not', t => {
  for (const number of ['112', '+4930123456', '*21*0301#', '#', '0'.repeat(32)])
    t.equal(numberOf(number, policy), number)
  t.end()
})

t.test('what could mean more than digits is no number', t => {
  for (const dialled of [
    '',
    '+',
    '4+9',
    '++49',
    '500&PJSIP/x',
    '1@evil;user=phone',
    '1;phone-context=x',
    '${EXTEN}',
    '1,2',
    '1/2',
    '1?X=y',
    '%31',
    '1 2',
    '1\r\nAction: Originate',
    '1\0',
    '١٢٣',
    '１２３',
    '0'.repeat(33),
    '+' + '0'.repeat(32),
  ])
    t.equal(numberOf(dialled, policy), undefined, JSON.stringify(dialled))
  t.end()
})

t.test('whatever is dialled, only digits come out', t => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9*#+&@;,%$]{0,40}$/))
  fc.assert(
    fc.property(text, dialled => /^(undefined|\+?[0-9*#]{1,32})$/.test(String(numberOf(dialled, policy)))),
    { numRuns: 5_000 },
  )
  t.end()
})

t.test('an alias stands for its number, which is under the same rules', t => {
  t.equal(numberOf('Boss', policy), '+49301')
  t.equal(numberOf('nobody', policy), undefined)
  t.equal(mayDial('+49301', ['sales'], policy), false)
  t.end()
})

t.test('an agent may dial what its groups say, or else what all may', t => {
  t.equal(mayDial('+4930', [], policy), true)
  t.equal(mayDial('+4330', [], policy), false)
  t.equal(mayDial('+4330', ['sales'], policy), true)
  t.equal(mayDial('+4930', ['sales'], policy), false)
  t.strictSame(prefixesOf(['sales', 'export', 'night'], policy), ['+43', '+41', '+1'])
  t.strictSame(prefixesOf(['night'], policy), ['0', '+49'])
  t.equal(mayDial('+4330', [], { ...policy, prefixes: [] }), true)
  t.end()
})

t.test('a call is under the limits of its agent and of each of its groups', t => {
  t.strictSame(limitsOf('anna', ['night', 'sales', 'other'], policy), [
    { kind: 'agent', id: 'anna', calls: 2, callsPerHour: 100 },
    { kind: 'group', id: 'sales', calls: 10 },
    { kind: 'group', id: 'night', callsPerHour: 50 },
  ])
  t.end()
})
