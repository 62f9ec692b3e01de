import t from 'tap'
import { carrierAddress, farEnd, realDoor } from '../../support/real-door.ts'
import { route } from '../../support/routes.ts'
import { trunkOf } from '../../support/trunks.ts'

/** What somebody dials who wants more than a call. */
const hostile = [
  '500&PJSIP/x',
  '500%26PJSIP%2fx',
  '1;phone-context=evil.example',
  '${EXTEN}',
  '%24%7BEXTEN%7D',
  '%D9%A1%D9%A2',
  '1%00',
  '1%0d%0aX-Evil:1',
  '1,2',
  '1|2',
  '49+30',
  '1%40evil.example',
]

t.test('a dialled string that is no plain number or name reaches nobody', async t => {
  const everybody = route('all', 1, { to: [{ kind: 'agent', agent: '1001' }] })
  const door = await realDoor(t, () => [trunkOf({ addresses: [carrierAddress] })], [everybody])
  const carrier = await farEnd(t, carrierAddress)
  for (const user of hostile) {
    t.equal(await door.dial(carrier, `sip:${user}@127.0.0.1`), 404, user)
  }
  t.strictSame(door.server.heard, [])
  t.equal(await door.dial(carrier, 'sip:+4930123@127.0.0.1;user=phone'), 488, 'a number does')
  t.match(door.server.heard[0]?.uri, /^sip:cli-1001@127\.0\.1\.9:\d+;transport=udp$/)
})

t.test('nor does it leave through a trunk', async t => {
  const carrier = await farEnd(t, carrierAddress)
  const peers = [
    { host: carrierAddress, port: carrier.port, transport: 'udp', priority: 0, weight: 1 },
  ] as const
  const door = await realDoor(t, () => [trunkOf({ peers })])
  for (const user of [...hostile, '1001a', 'cli-1001', '1'.repeat(40)])
    t.equal(await door.dialOut(user), 404, user)
  t.strictSame(carrier.heard, [])
  t.equal(await door.dialOut('+4930123'), 488, 'a number does')
  t.equal(carrier.heard[0]?.uri, `sip:+4930123@${carrierAddress}:${carrier.port};transport=udp`)
})
