import t from 'tap'
import { passing } from '../support/attack/time.ts'
import { carrierAddress, farEnd, realDoor } from '../support/real-door.ts'
import { route } from '../support/routes.ts'
import { trunkOf, trunkPeer } from '../support/trunks.ts'

t.test('a call to the outside goes to the next peer when the first one is gone or has no room', async t => {
  const [busy, good] = [await farEnd(t, carrierAddress), await farEnd(t, '127.0.2.10')]
  busy.answer = () => ({ status: 503 })
  const peers = [
    trunkPeer('127.0.2.8', { port: 9 }),
    trunkPeer(carrierAddress, { port: busy.port, priority: 1 }),
    trunkPeer('127.0.2.10', { port: good.port, priority: 2 }),
  ]
  const door = await realDoor(t, () => [trunkOf({ peers })])
  good.answer = () => ({ status: 486 })
  t.equal(await door.dialOut('4930123'), 486)
  t.strictSame([busy.heard.length, good.heard.length], [1, 1])
})

t.test('routes out say which trunk, which number and which caller; the trunk, which headers', async t => {
  const [near, far] = [await farEnd(t, carrierAddress), await farEnd(t, '127.0.2.10')]
  const trunks = [
    trunkOf({ id: 'near', peers: [trunkPeer(carrierAddress, { port: near.port })] }),
    trunkOf({
      id: 'far',
      peers: [trunkPeer('127.0.2.10', { port: far.port })],
      headers: { out: ['X-Tenant'] },
      identity: 'asserted',
    }),
  ]
  const door = await realDoor(t, () => trunks, [
    route('premium', 1, {
      direction: 'out',
      when: { number: { prefix: '0900' } },
      to: [{ kind: 'reject', status: 403 }],
    }),
    route('abroad', 2, {
      direction: 'out',
      when: { number: { pattern: String.raw`00(\d+)` } },
      rewrite: { as: '+$1' },
      caller: { number: '+4930999', privacy: 'withhold' },
      to: [{ kind: 'trunk', trunk: 'far' }],
    }),
    route('rest', 3, { direction: 'out', to: [{ kind: 'trunk', trunk: 'near' }] }),
  ])
  t.equal(await door.dialOut('0900666'), 403)
  t.equal(
    await door.dialOut('0044123', [
      ['X-Tenant', 'acme'],
      ['X-Other', 'no'],
    ]),
    488,
  )
  const asked = far.heard[0]
  t.match(asked?.uri, /^sip:\+44123@/)
  t.match(asked?.headers.get('From'), /^"Anonymous" <sip:anonymous@anonymous\.invalid>;tag=/)
  t.equal(asked?.headers.get('P-Asserted-Identity'), '<sip:+4930999@portico.test>')
  t.strictSame(
    [asked?.headers.get('Privacy'), asked?.headers.get('X-Tenant'), asked?.headers.get('X-Other')],
    ['id', 'acme', undefined],
  )
  t.equal(await door.dialOut('4930123'), 488)
  t.strictSame([near.heard.length, far.heard.length], [1, 1])
})

t.test('a trunk that is full gets 503 and a time to come again', async t => {
  const trunk = trunkOf({ addresses: [carrierAddress], peers: [], limits: { callsPerSecond: 2 } })
  const door = await realDoor(t, () => [trunk])
  const carrier = await farEnd(t, carrierAddress)
  const statuses = await Promise.all([1, 2, 3, 4].map(() => door.dial(carrier, 'sip:1001@127.0.0.1')))
  t.strictSame(
    statuses.toSorted((a, b) => a - b),
    [488, 488, 503, 503],
  )
  const refused = carrier.events.find(event => event.kind === 'response' && event.response.status === 503)
  t.match(refused?.kind === 'response' && refused.response.headers.get('Retry-After'), /^\d+$/)
})

t.test('a new route is followed as soon as it is written', async t => {
  const door = await realDoor(t, () => [trunkOf({ addresses: [carrierAddress] })])
  const carrier = await farEnd(t, carrierAddress)
  t.equal(await door.dial(carrier, 'sip:1001@127.0.0.1'), 488)
  await door.store.routes.put(route('closed', 1, { to: [{ kind: 'reject', status: 403 }] }))
  await passing(50)
  t.equal(await door.dial(carrier, 'sip:1001@127.0.0.1'), 403)
})
