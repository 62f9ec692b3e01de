import t from 'tap'
import { callerInside, callerLines, statedCaller } from '../../../../proxy/trunk/caller-id.ts'
import { invite } from '../../../support/trunks.ts'

const from = ['From', '"Ann" <sip:+4940555@carrier>;tag=x'] as const
const asserted = ['P-Asserted-Identity', '"Bea" <sip:+4940777@carrier>, <tel:+4940777>'] as const
const privacy = ['Privacy', 'id;critical'] as const

t.test('From names the caller, and P-Asserted-Identity only of a trunk that is trusted for it', async t => {
  t.strictSame(statedCaller(invite([from, asserted]), {}), { user: '+4940555', name: 'Ann' })
  t.strictSame(statedCaller(invite([from, asserted]), { identity: 'asserted' }), {
    user: '+4940777',
    name: 'Bea',
  })
  t.strictSame(statedCaller(invite([from]), { identity: 'asserted' }), { user: '+4940555', name: 'Ann' })
  t.strictSame(statedCaller(invite([]), {}), { user: 'anonymous' })
})

t.test('a caller who asks for privacy is nobody inside, unless a rule reveals it', async t => {
  t.strictSame(callerInside(invite([from, privacy]), {}), { user: 'anonymous' })
  t.strictSame(callerInside(invite([from, ['Privacy', 'none']]), {}), { user: '+4940555', name: 'Ann' })
  t.strictSame(callerInside(invite([from, privacy]), {}, { privacy: 'reveal' }), {
    user: '+4940555',
    name: 'Ann',
  })
  t.strictSame(callerInside(invite([from]), {}, { privacy: 'withhold' }), { user: 'anonymous' })
})

t.test('a rule shows another number or name', async t => {
  t.strictSame(callerInside(invite([from]), {}, { number: '999' }), { user: '999' })
  t.strictSame(callerInside(invite([from]), {}, { name: 'Sales' }), { user: '+4940555', name: 'Sales' })
  t.strictSame(callerInside(invite([from]), {}, { number: '999', name: 'Sales' }), {
    user: '999',
    name: 'Sales',
  })
})

t.test('a trunk is told of the caller in From, and of one that is withheld nothing', async t => {
  const caller = { user: '4930100', name: 'Us' }
  t.strictSame(callerLines(caller, 'd', {}), [['From', '"Us" <sip:4930100@d>']])
  t.strictSame(callerLines(caller, 'd', {}, { number: '4930999', name: 'Acme' }), [
    ['From', '"Acme" <sip:4930999@d>'],
  ])
  const hidden = [
    ['From', '"Anonymous" <sip:anonymous@anonymous.invalid>'],
    ['Privacy', 'id'],
  ] as const
  t.strictSame(callerLines(caller, 'd', {}, { privacy: 'withhold' }), hidden)
  t.strictSame(callerLines({ user: 'anonymous' }, 'd', {}), hidden)
})

t.test('one within the trust domain gets the number beside the wish for privacy', async t => {
  const lines = callerLines({ user: '4930100' }, 'd', { identity: 'asserted' }, { privacy: 'withhold' })
  t.strictSame(lines, [
    ['From', '"Anonymous" <sip:anonymous@anonymous.invalid>'],
    ['P-Asserted-Identity', '<sip:4930100@d>'],
    ['Privacy', 'id'],
  ])
  t.strictSame(callerLines({ user: '4930100' }, 'd', { identity: 'asserted' }), [
    ['From', '<sip:4930100@d>'],
    ['P-Asserted-Identity', '<sip:4930100@d>'],
  ])
})

t.test('no name or number leaves its place in a header', async t => {
  const evil = invite([['From', '"x\\" <sip:evil@e>;y=\\"" <sip:1%0d%0aRoute:%20x@c>']])
  const [line] = callerLines(statedCaller(evil, {}), 'd', {})
  t.match(line?.[1], /^"[^"\\<>\r\n]*" <sip:[\w+*#.-]+@d>$/)
})
