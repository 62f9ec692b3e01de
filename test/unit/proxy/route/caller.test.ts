import t from 'tap'
import { addressList } from '../../../../proxy/route/address-list.ts'
import { callerAt } from '../../../../proxy/route/caller.ts'
import type { Trunk } from '../../../../selector/domain/trunk.ts'
import { ms1 } from '../call/fixtures.ts'

const trunk: Trunk = { id: 'acision', addresses: ['127.0.2.0/24'], enabled: true }
const inTrunk = addressList(trunk.addresses)
const directory = {
  trunkAt: (address: string) => (inTrunk(address) ? trunk : undefined),
  serverAt: (address: string) => (address === ms1.sip.host ? ms1 : undefined),
}

t.test('a WebSocket connection is an agent’s', async t => {
  const origin = { transport: 'wss', address: '127.0.1.1', port: 1, flow: 'f1' } as const
  t.strictSame(callerAt(origin, directory), { kind: 'agent', flow: 'f1' })
})

t.test('an address in a trunk’s list is that trunk', async t => {
  t.match(callerAt({ transport: 'udp', address: '127.0.2.77', port: 5060 }, directory), {
    kind: 'trunk',
    trunk,
  })
})

t.test('the address of a media server is that server, whatever its port', async t => {
  t.match(callerAt({ transport: 'tcp', address: '127.0.1.1', port: 40_000 }, directory), { kind: 'server' })
})

t.test('anybody else is a stranger', async t => {
  t.strictSame(callerAt({ transport: 'udp', address: '127.0.3.1', port: 5060 }, directory), {
    kind: 'stranger',
  })
  t.strictSame(callerAt({ transport: 'udp', address: '', port: 5060 }, directory), { kind: 'stranger' })
})

t.test('address lists know blocks, both families and addresses mapped into IPv6', async t => {
  const holds = addressList([
    '192.0.2.0/28',
    '2001:db8::/32',
    '198.51.100.7',
    'not an address',
    '10.0.0.0/99',
  ])
  for (const address of ['192.0.2.15', '2001:db8::1', '198.51.100.7', '::ffff:198.51.100.7']) {
    t.ok(holds(address), address)
  }
  for (const address of [
    '192.0.2.16',
    '2001:db9::1',
    '198.51.100.8',
    '::ffff:198.51.100.8',
    'x',
    '10.0.0.1',
  ]) {
    t.notOk(holds(address), address)
  }
})
