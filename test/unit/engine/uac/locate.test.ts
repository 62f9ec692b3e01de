import t from 'tap'
import type { Transport } from '../../../../engine/api.ts'
import type { Service } from '../../../../engine/dialog/next-hop.ts'
import { candidates, ordered, type Candidate } from '../../../../engine/uac/locate.ts'
import { fakeNames, srv, type Zone } from '../../../support/fake-names.ts'

const all: readonly Transport[] = ['udp', 'tcp', 'tls', 'ws', 'wss']
const example: Service = { host: 'example.com', secure: false }

/** RFC 3263 §4.1, as in its example. */
const zone: Zone = {
  naptr: {
    'example.com': [
      { order: 50, preference: 60, service: 'SIP+D2U', replacement: '_sip._udp.example.com' },
      { order: 50, preference: 50, service: 'sips+d2t', replacement: '_sips._tcp.example.com' },
      { order: 40, preference: 90, service: 'SIP+D2T', replacement: '_sip._tcp.example.com' },
      { order: 1, preference: 1, service: 'H323+D2U', replacement: 'h323.example.com' },
    ],
  },
  srv: {
    '_sip._udp.example.com': [srv(1, 0, 5062, 's1.example.com')],
    '_sip._tcp.example.com': [srv(0, 1, 5060, 's1.example.com'), srv(0, 2, 5060, 's2.example.com')],
    '_sips._tcp.example.com': [srv(0, 1, 5061, 's1.example.com')],
    '_sip._udp.plain.com': [srv(2, 0, 5070, 's2.example.com'), srv(1, 0, 5071, 's1.example.com')],
    '_sip._udp.closed.com': [srv(0, 0, 0, '.')],
  },
  addresses: {
    'example.com': ['192.0.2.9'],
    's1.example.com': ['192.0.2.1', '2001:db8::1'],
    's2.example.com': ['192.0.2.2'],
    'closed.com': ['192.0.2.3'],
    'bare.com': ['192.0.2.4', '192.0.2.5'],
  },
}

const cases: readonly [name: string, Service, usable: readonly Transport[], places: readonly string[]][] = [
  [
    'NAPTR records decide between transports, SRV records between servers',
    example,
    all,
    [
      'tcp 192.0.2.1 5060',
      'tcp 2001:db8::1 5060',
      'tcp 192.0.2.2 5060',
      'tls 192.0.2.1 5061',
      'tls 2001:db8::1 5061',
      'udp 192.0.2.1 5062',
      'udp 2001:db8::1 5062',
    ],
  ],
  [
    'a transport that we do not have is passed over',
    example,
    ['udp'],
    ['udp 192.0.2.1 5062', 'udp 2001:db8::1 5062'],
  ],
  [
    'sips wants TLS, whatever else there is',
    { ...example, secure: true },
    all,
    ['tls 192.0.2.1 5061', 'tls 2001:db8::1 5061'],
  ],
  [
    'a transport in the URI leaves only its SRV records',
    { ...example, transport: 'udp' },
    all,
    ['udp 192.0.2.1 5062', 'udp 2001:db8::1 5062'],
  ],
  ['a port in the URI leaves only addresses', { ...example, port: 5090 }, all, ['udp 192.0.2.9 5090']],
  ['a port and sips mean TLS', { ...example, secure: true, port: 5090 }, all, ['tls 192.0.2.9 5090']],
  [
    'without NAPTR records SRV records are looked for',
    { ...example, host: 'plain.com' },
    all,
    ['udp 192.0.2.1 5071', 'udp 2001:db8::1 5071', 'udp 192.0.2.2 5070'],
  ],
  [
    'without either there are addresses, at the default port over UDP',
    { ...example, host: 'bare.com' },
    all,
    ['udp 192.0.2.4 5060', 'udp 192.0.2.5 5060'],
  ],
  [
    'a dot says that there is no such service here',
    { ...example, host: 'closed.com' },
    ['udp'],
    ['udp 192.0.2.3 5060'],
  ],
  ['an unknown name is nowhere', { ...example, host: 'nowhere.com' }, all, []],
]

for (const [name, service, usable, places] of cases) {
  t.test(name, async t => {
    const found = ordered(await candidates(service, usable, fakeNames(zone)), () => 0)
    t.strictSame(
      found.map(({ transport, host, port }) => `${transport} ${host} ${port}`),
      places,
    )
    t.ok(
      found.every(place => place.name === service.host),
      'a certificate must be for the name that was asked for',
    )
  })
}

t.test('a name of this machine is asked for in no record', async t => {
  const names = fakeNames({ ...zone, local: ['example.com'] })
  const found = ordered(await candidates(example, all, names), () => 0)
  t.strictSame(
    found.map(({ host, port }) => `${host} ${port}`),
    ['192.0.2.9 5060'],
  )
  t.strictSame(names.asked, ['a example.com'])
})

t.test('servers of one priority are drawn by weight', async t => {
  const found = [candidate('light', 1), candidate('heavy', 3), candidate('none', 0)]
  const firsts = Array.from({ length: 100 }, (_, at) => ordered(found, () => at / 100)[0]?.host)
  const share = (host: string): number => firsts.filter(first => first === host).length
  t.equal(share('none'), 20, 'a weight of 0 keeps a small chance')
  t.equal(share('light'), 20)
  t.equal(share('heavy'), 60)
  for (const chance of [0, 0.3, 0.7, 0.99]) {
    t.equal(new Set(ordered(found, () => chance).map(({ host }) => host)).size, 3, 'each one is tried once')
  }
})

t.test('a zone cannot make us try without end', async t => {
  const names = fakeNames({
    srv: { '_sip._udp.big.com': Array.from({ length: 100 }, () => srv(0, 0, 5060, 's.big.com')) },
    addresses: { 's.big.com': Array.from({ length: 100 }, (_, at) => `192.0.2.${at}`) },
  })
  t.equal(ordered(await candidates({ host: 'big.com', secure: false }, ['udp'], names), () => 0).length, 16)
  t.ok(names.asked.length < 20)
})

function candidate(address: string, weight: number): Candidate {
  return { tier: 0, priority: 0, weight, transport: 'udp', port: 1, name: '', addresses: [address] }
}
