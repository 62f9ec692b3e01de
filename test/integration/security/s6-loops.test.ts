import t from 'tap'
import { loopHeader } from '../../../proxy/trunk/loop.ts'
import { timed, within } from '../../support/attack/time.ts'
import { carrierAddress, farEnd, realDoor } from '../../support/real-door.ts'
import { route } from '../../support/routes.ts'
import { trunkOf, trunkPeer } from '../../support/trunks.ts'

t.test('a trunk that leads back to the door ends the call at once', async t => {
  const everybody = route('all', 1, { to: [{ kind: 'agent', agent: '1001' }] })
  const door = await realDoor(
    t,
    ({ trunkPort }) => [trunkOf({ peers: [trunkPeer('127.0.0.1', { port: trunkPort })] })],
    [everybody],
  )
  let status = 0
  const took = await timed(async () => {
    status = await door.dialOut('4930123')
  })
  t.equal(status, 482)
  t.ok(took < 2_000, `after ${Math.round(took)} ms`)
  t.strictSame(door.server.heard, [], 'and no leg came of it')
  t.strictSame(await door.store.sessions.list(), [])
})

t.test('a call that somebody sends back is known by its mark, unless it is for another number', async t => {
  const everybody = route('all', 1, { to: [{ kind: 'agent', agent: '1001' }] })
  const carrier = await farEnd(t, carrierAddress)
  const peers = [trunkPeer(carrierAddress, { port: carrier.port })]
  const door = await realDoor(t, () => [trunkOf({ peers })], [everybody])
  carrier.answer = () => undefined
  const outgoing = door.dialOut('4930123')
  t.ok(await within(2_000, () => carrier.heard.length === 1))
  const marks = [[loopHeader, carrier.heard[0]?.headers.get(loopHeader) ?? '']] as const
  t.equal(await door.dial(carrier, 'sip:4930123@127.0.0.1', marks), 482)
  t.equal(await door.dial(carrier, 'sip:4930124@127.0.0.1', marks), 488)
  const asked = carrier.events.find(event => event.kind === 'request')
  if (asked?.kind === 'request') carrier.engine.respond(asked.transaction, { status: 486 })
  t.equal(await outgoing, 486)
})

t.test('a call that has passed more doors than any call does on purpose is stopped', async t => {
  const door = await realDoor(t, () => [trunkOf({ addresses: [carrierAddress] })])
  const carrier = await farEnd(t, carrierAddress)
  const foreign = Array.from({ length: 8 }, (_, n) => String(n).repeat(16)).join(', ')
  t.equal(await door.dial(carrier, 'sip:1001@127.0.0.1', [[loopHeader, foreign]]), 482)
  t.equal(await door.dial(carrier, 'sip:1001@127.0.0.1', [[loopHeader, '0123456789abcdef']]), 488)
  t.equal(door.server.heard.length, 1, 'one mark of somebody else is no loop')
})

t.test('hops are counted across the door, and a call without any left goes no further', async t => {
  const carrier = await farEnd(t, carrierAddress)
  const peers = [trunkPeer(carrierAddress, { port: carrier.port })]
  const door = await realDoor(t, () => [trunkOf({ addresses: [carrierAddress], peers })])
  await door.dial(carrier, 'sip:1001@127.0.0.1', [['Max-Forwards', '7']])
  t.equal(door.server.heard[0]?.headers.get('Max-Forwards'), '6')
  await door.dialOut('4930123', [['Max-Forwards', '9']])
  t.equal(carrier.heard[0]?.headers.get('Max-Forwards'), '8')
  for (const left of ['0', '1']) {
    t.equal(await door.dial(carrier, 'sip:1001@127.0.0.1', [['Max-Forwards', left]]), 483, left)
  }
  t.equal(door.server.heard.length, 1)
})
