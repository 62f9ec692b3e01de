import t from 'tap'
import { mayReach, scopeOf } from '../../../../proxy/media/address-scope.ts'

for (const [scope, addresses] of [
  [
    'none',
    [
      '0.0.0.0',
      '0.1.2.3',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      '::',
      'ff02::1',
      '256.1.1.1',
      'ms-1',
      '',
    ],
  ],
  ['machine', ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1']],
  ['link', ['169.254.169.254', 'fe80::1', 'FEBF::1']],
  [
    'site',
    ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', 'fd00::1', '::ffff:10.0.0.1'],
  ],
  ['everywhere', ['8.8.8.8', '172.32.0.1', '100.128.0.1', '192.0.2.1', '2001:db8::1']],
] as const) {
  t.test(`addresses that reach: ${scope}`, async t => {
    for (const address of addresses) t.equal(scopeOf(address), scope, address)
  })
}

t.test('nobody points nearer to this machine than it is itself', async t => {
  t.ok(mayReach('10.0.0.5', '10.0.0.6'))
  t.ok(mayReach('10.0.0.5', '8.8.8.8'))
  t.ok(mayReach('127.0.0.2', '127.0.0.3'))
  t.notOk(mayReach('8.8.8.8', '10.0.0.6'))
  t.notOk(mayReach('10.0.0.5', '127.0.0.1'))
  t.notOk(mayReach('2001:db8::1', 'fd00::1'))
  t.notOk(mayReach('127.0.0.1', '224.0.0.1'))
})
