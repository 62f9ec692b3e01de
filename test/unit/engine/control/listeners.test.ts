import t from 'tap'
import type { ListenerAddress } from '../../../../engine/api.ts'
import {
  chooseListener,
  hopOf,
  hostports,
  isOwnAddress,
  nextHopUri,
} from '../../../../engine/control/listeners.ts'

const listener = (
  name: string,
  host: string,
  port: number,
  transport: ListenerAddress['transport'] = 'udp',
) => ({
  name,
  transport,
  bound: { host, port },
  advertised: { host: '203.0.113.5', port },
})
const trunk = listener('trunk', '10.0.0.4', 5060)
const inside = listener('inside', '127.0.0.1', 5070)
const agents = listener('agents', '10.0.0.4', 8443, 'wss')
const all = [trunk, inside, agents]

const hop = (host: string, port: number, transport: ListenerAddress['transport'] = 'udp') => ({
  transport,
  host,
  port,
})

t.test('the first hop is read from a URI', async t => {
  const cases: readonly [uri: string, hop: ReturnType<typeof hopOf>][] = [
    ['sip:a@10.0.0.21', { transport: 'udp', host: '10.0.0.21', port: 5060 }],
    ['sip:10.0.0.21:5080;transport=TCP', { transport: 'tcp', host: '10.0.0.21', port: 5080 }],
    ['sips:a@h', { transport: 'tls', host: 'h', port: 5061 }],
    ['sip:[2001:db8::1]:5070', { transport: 'udp', host: '2001:db8::1', port: 5070 }],
    ['sip:a@h;transport=sctp', 'no-such-transport'],
    ['tel:+431', undefined],
    ['nonsense', undefined],
  ]
  for (const [uri, hop] of cases) t.strictSame(hopOf(uri), hop, uri)
})

t.test('a next hop may be written without a scheme', async t => {
  t.equal(nextHopUri('10.0.0.21:5080'), 'sip:10.0.0.21:5080')
  t.equal(nextHopUri('host'), 'sip:host')
  t.equal(nextHopUri('SIPS:host'), 'SIPS:host')
})

t.test('the listener that looks most like the target is chosen, of its transport only', async t => {
  t.equal(chooseListener(all, 'udp', '127.0.1.1'), inside)
  t.equal(chooseListener(all, 'udp', '10.9.9.9'), trunk)
  t.equal(chooseListener(all, 'udp', 'example.com'), trunk, 'the first one for a name')
  t.equal(chooseListener(all, 'wss', '127.0.0.1'), agents)
  t.equal(chooseListener(all, 'tcp', '10.0.0.1'), undefined)
})

t.test('an address of our own is known by bound and advertised address', async t => {
  t.ok(isOwnAddress(all, hop('10.0.0.4', 5060)))
  t.ok(isOwnAddress(all, hop('203.0.113.5', 5070)))
  t.notOk(isOwnAddress(all, hop('10.0.0.4', 5061)))
  t.notOk(isOwnAddress(all, hop('10.0.0.4', 5060, 'tcp')))
})

t.test('hostports are told as authenticate wants them', async t => {
  t.equal(hostports(all, 'bound'), 'udp/10.0.0.4:5060,udp/127.0.0.1:5070,wss/10.0.0.4:8443')
  t.equal(hostports([trunk], 'advertised'), 'udp/203.0.113.5:5060')
})
