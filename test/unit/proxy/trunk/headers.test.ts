import t from 'tap'
import { crossing } from '../../../../proxy/trunk/headers.ts'
import { invite } from '../../../support/trunks.ts'

t.test('only what the list names crosses, in any spelling of the name', async t => {
  const request = invite([
    ['x-tenant', 'a'],
    ['X-Tenant', 'b'],
    ['X-Other', 'c'],
  ])
  t.strictSame(crossing(request), [])
  t.strictSame(crossing(request, ['X-Tenant']), [
    ['X-Tenant', 'a'],
    ['X-Tenant', 'b'],
  ])
})

t.test('a list cannot name what SIP works by or what the door says', async t => {
  const names = [
    'Route',
    'v',
    'Via',
    'Contact',
    'P-Asserted-Identity',
    'Content-Type',
    'X-Portico-Call',
    'Privacy',
  ]
  t.strictSame(crossing(invite(names.map(name => [name, 'x'])), names), [])
})

t.test('a value is one line of bounded length', async t => {
  const [line] = crossing(invite([['X-Tenant', `a\u0000b\r\nRoute: <sip:e>\u007f${'x'.repeat(5_000)}`]]), [
    'X-Tenant',
  ])
  t.equal(line?.[1].length, 1_024)
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  t.notMatch(line?.[1], /[\u0000-\u0008\u000a-\u001f\u007f]/)
  const many = invite(Array.from({ length: 100 }, () => ['X-Tenant', 'a'] as const))
  t.equal(crossing(many, ['X-Tenant']).length, 32)
})
