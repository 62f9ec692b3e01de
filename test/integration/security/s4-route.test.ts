import t from 'tap'
import { passing, within } from '../../support/attack/time.ts'
import { udpPeer } from '../../support/attack/peers.ts'
import { requestText } from '../../support/attack/text.ts'
import { carrierAddress, farEnd, offer, realDoor } from '../../support/real-door.ts'
import { trunkOf } from '../../support/trunks.ts'

const evilAddress = '127.0.6.6'

t.test('no Route, maddr or transport of a request takes a packet to where it points', async t => {
  const door = await realDoor(t, () => [trunkOf({ addresses: [carrierAddress] })])
  const evil = await udpPeer(t, evilAddress)
  const carrier = await udpPeer(t, carrierAddress)
  const there = `sip:${evilAddress}:${evil.port}`
  const us = `127.0.0.1:${door.trunkPort}`
  const attempts: readonly (readonly [uri: string, routes: readonly string[]])[] = [
    [`sip:1001@${us}`, [`<sip:${us};lr>`, `<${there};lr>`]],
    [`sip:1001@${us}`, [`<${there};lr>`]],
    [`sip:1001@${us}`, [`<${there}>`]],
    [`sip:1001@${us}`, [`<sip:${us};lr>,<${there};lr>`]],
    [`sip:1001@${us};maddr=${evilAddress}`, []],
    [`sip:1001@${us};maddr=${evilAddress};transport=udp`, [`<sip:${us};lr>`]],
    [`sip:1001@${us};transport=tcp;lr`, [`<${there};lr;transport=udp>`]],
    [`sip:1001@${evilAddress}:${evil.port}`, []],
    [`sip:1001@${evilAddress}:${evil.port}`, [`<sip:${us};lr>`]],
  ]
  for (const [uri, routes] of attempts) {
    for (const method of ['INVITE', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE']) {
      const headers = [
        ...routes.map(value => ['Route', value] as const),
        ['Content-Type', 'application/sdp'] as const,
      ]
      const body = method === 'INVITE' ? offer : ''
      const via = `SIP/2.0/UDP ${carrierAddress}:${carrier.port}`
      carrier.send(requestText(method, { uri, headers, body, via }), door.trunkPort)
    }
  }
  t.ok(await within(3_000, () => door.server.heard.length >= 5), 'the calls themselves arrive')
  await passing(300)
  t.strictSame(evil.got, [])
  t.notOk(door.server.heard.some(({ headers }) => headers.get('Route') !== undefined))
  // The address can be reached: had anything been sent there, it would have been seen.
  carrier.socket.send('x', evil.port, evilAddress)
  t.ok(await within(1_000, () => evil.got.length === 1))
})

t.test('nor does what a media server asks for', async t => {
  const carrier = await farEnd(t, carrierAddress)
  const evil = await udpPeer(t, evilAddress)
  const peers = [
    { host: carrierAddress, port: carrier.port, transport: 'udp', priority: 0, weight: 1 },
  ] as const
  const door = await realDoor(t, () => [trunkOf({ peers })])
  const there = `<sip:${evilAddress}:${evil.port};lr>`
  t.equal(await door.dialOut('4930123', [['Route', there]]), 488)
  t.equal(carrier.heard.length, 1)
  t.strictSame(evil.got, [])
})
