import t from 'tap'
import type { Dialog } from '../../../../engine/dialog/dialog.ts'
import {
  addressOf,
  isHidden,
  nextHopOf,
  serviceOf,
  type Address,
  type Service,
} from '../../../../engine/dialog/next-hop.ts'

const uris: readonly [uri: string, address: Address | undefined][] = [
  ['sip:a@10.0.0.1', { transport: 'udp', host: '10.0.0.1', port: 5060 }],
  ['sip:10.0.0.1:5070', { transport: 'udp', host: '10.0.0.1', port: 5070 }],
  ['sip:a@h;transport=TCP', { transport: 'tcp', host: 'h', port: 5060 }],
  ['sip:a@h;transport=tls', { transport: 'tls', host: 'h', port: 5061 }],
  ['sip:a@h;transport=ws', { transport: 'ws', host: 'h', port: 80 }],
  ['sip:a@h;transport=wss', { transport: 'wss', host: 'h', port: 443 }],
  ['sips:a@h', { transport: 'tls', host: 'h', port: 5061 }],
  ['sips:a@h;transport=ws', { transport: 'wss', host: 'h', port: 443 }],
  ['sip:a@[2001:db8::1]:5061', { transport: 'udp', host: '2001:db8::1', port: 5061 }],
  ['sip:a@h;maddr=6.6.6.6', { transport: 'udp', host: 'h', port: 5060 }],
  ['sip:a@h;transport=sctp', undefined],
  ['tel:+49', undefined],
  ['nonsense', undefined],
]

for (const [uri, address] of uris) {
  t.test(
    `${uri} points to ${address ? `${address.transport} ${address.host} ${address.port}` : 'nowhere'}`,
    async t => {
      t.strictSame(addressOf(uri), address)
    },
  )
}

const dialog: Dialog = {
  v: 1,
  id: 'c;from-tag=t',
  role: 'uas',
  callId: 'c',
  localTag: 'l',
  remoteTag: 't',
  local: '',
  remote: '',
  localCSeq: 0,
  remoteCSeq: 1,
  target: 'sip:a@203.0.113.7:5070',
  routes: [],
  contact: '',
  peer: { transport: 'udp', address: '203.0.113.7', port: 6000, listener: 'trunk' },
}
const heard = { kind: 'heard', address: { transport: 'udp', host: '203.0.113.7', port: 6000 } }

t.test('a request goes to the first route, else to the target, else to where the peer was heard', async t => {
  t.strictSame(nextHopOf({ ...dialog, routes: ['<sip:proxy:5080;lr>', '<sip:far;lr>'] }), {
    kind: 'uri',
    uri: 'sip:proxy:5080;lr',
  })
  t.strictSame(nextHopOf(dialog), { kind: 'uri', uri: 'sip:a@203.0.113.7:5070' })
  t.strictSame(nextHopOf({ ...dialog, target: 'tel:1' }), heard)
  t.strictSame(nextHopOf({ ...dialog, target: 'sip:a@192.168.1.5' }), heard)
  t.strictSame(nextHopOf({ ...dialog, routes: ['<tel:1>'] }), { kind: 'uri', uri: 'tel:1' })
})

const services: readonly [uri: string, service: Service | undefined][] = [
  ['sip:a@example.com', { host: 'example.com', secure: false }],
  ['sips:a@Example.com', { host: 'example.com', secure: true }],
  ['sip:example.com:5070', { host: 'example.com', secure: false, port: 5070 }],
  ['sip:example.com;transport=TCP', { host: 'example.com', secure: false, transport: 'tcp' }],
  ['sips:example.com;transport=tcp', { host: 'example.com', secure: true, transport: 'tls' }],
  ['sip:10.0.0.1', undefined],
  ['sip:[2001:db8::1]', undefined],
  ['tel:1', undefined],
  ['nonsense', undefined],
]

for (const [uri, service] of services) {
  t.test(`${uri} ${service ? 'is to be resolved' : 'needs no resolving'}`, async t => {
    t.strictSame(serviceOf(uri), service)
  })
}

t.test('a private Contact seen from outside cannot be reached, nor can a placeholder', async t => {
  const cases: readonly [host: string, source: string, hidden: boolean][] = [
    ['df7jal23ls0d.invalid', '203.0.113.7', true],
    ['10.1.2.3', '203.0.113.7', true],
    ['172.16.0.1', '203.0.113.7', true],
    ['172.32.0.1', '203.0.113.7', false],
    ['100.64.0.1', '203.0.113.7', true],
    ['100.128.0.1', '203.0.113.7', false],
    ['fd00::1', '2001:db8::1', true],
    ['10.1.2.3', '10.9.9.9', false],
    ['127.0.0.1', '127.0.0.1', false],
    ['198.51.100.1', '203.0.113.7', false],
    ['10.example.com', '203.0.113.7', false],
  ]
  for (const [host, source, hidden] of cases)
    t.equal(isHidden(host, source), hidden, `${host} from ${source}`)
})
