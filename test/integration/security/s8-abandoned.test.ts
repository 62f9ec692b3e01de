// S8: calls that are begun and left alone are forgotten when the timers of SIP have run out, and one source cannot have them
// all. Scaled: 1,000 INVITEs instead of 10,000, and twenty SIP seconds in one.
import t from 'tap'
import { openTarget, type RequestEvent, type Target } from '../../support/attack/target.ts'
import type { ResponseParts } from '../../../engine/api.ts'
import { rawClient, udpPeer } from '../../support/attack/peers.ts'
import { requestText } from '../../support/attack/text.ts'
import { fastClock, passing, within } from '../../support/attack/time.ts'
import { liveBytes } from '../../support/heap.ts'
import { watch } from '../../support/leak-scanner.ts'

const speed = 20
const patienceMs = 64 * 500
const invites = 1000
const sdp = { headers: [['Content-Type', 'application/sdp']], body: 'v=0\r\n' } as const

/** Every second call is refused, the others answered. */
function halfAndHalf(): (event: RequestEvent) => ResponseParts {
  let count = 0
  return () => ((count += 1) % 2 === 0 ? { status: 486 } : { status: 200, ...sdp })
}

async function invite(target: Target, send: (text: string) => void, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    send(requestText('INVITE', { via: 'SIP/2.0/UDP x.invalid' }))
    if (n % 20 === 19) await passing(5)
  }
  await within(2000, () => target.heard().length >= count)
}

function isEmpty(target: Target): boolean {
  const { transactions, dialogs, legs, timers } = target.stats()
  return transactions + dialogs + legs + timers === 0
}

t.test('INVITEs that are never acknowledged are gone when their time is over', async t => {
  const target = await openTarget(t, {
    listeners: ['udp'],
    clock: fastClock(speed),
    answer: halfAndHalf(),
  })
  const attacker = await udpPeer(t, '127.0.10.1')
  const round = async (): Promise<void> => {
    await invite(target, text => attacker.send(text, target.port('udp')), invites)
    // The ACK is waited for once, the answer to the BYE that follows once more.
    t.ok(
      await within((2 * patienceMs + 5000) / speed + 1500, () => isEmpty(target)),
      JSON.stringify(target.stats()),
    )
    target.events.length = 0
    attacker.got.length = 0
    watch.settle()
  }
  await round()
  const before = liveBytes()
  // What is left behind grows with every round; what the collector has not come to yet does not.
  let grown = Infinity
  for (let n = 0; n < 3 && grown >= 0.05 * before; n += 1) {
    await round()
    grown = liveBytes() - before
  }
  t.ok(grown < 0.05 * before, `${grown} of ${before} bytes more`)
})

t.test('they are held until then', async t => {
  const target = await openTarget(t, { listeners: ['udp'], clock: fastClock(speed), answer: halfAndHalf() })
  const attacker = await udpPeer(t, '127.0.10.1')
  await invite(target, text => attacker.send(text, target.port('udp')), 100)
  await passing(20_000 / speed)
  t.ok(target.stats().transactions >= 50, JSON.stringify(target.stats()))
})

t.test('an INVITE whose connection closes is forgotten', async t => {
  const target = await openTarget(t, {
    listeners: ['tcp'],
    clock: fastClock(speed),
    answer: halfAndHalf(),
    limits: { connectsPerSecondPerAddress: 0, handshakesPerSecond: 0 },
  })
  for (let n = 0; n < 200; n += 1) {
    const client = rawClient(t, target.port('tcp'), '127.0.10.1')
    client.socket.write(requestText('INVITE'), () => client.socket.destroy())
    if (n % 20 === 19) await passing(10)
  }
  t.ok(await within(2000, () => target.heard().length >= 190))
  t.ok(
    await within((2 * patienceMs + 5000) / speed + 1500, () => isEmpty(target)),
    JSON.stringify(target.stats()),
  )
  t.equal(target.flows(), 0)
})

t.test('connections that bring nothing are closed', async t => {
  const target = await openTarget(t, { listeners: ['tcp'], clock: fastClock(speed) })
  const idle = Array.from({ length: 60 }, () => rawClient(t, target.port('tcp'), '127.0.10.1'))
  t.ok(await within(1000, () => target.flows() === 60))
  t.ok(await within(10_000 / speed + 1000, () => target.flows() === 0))
  t.ok(await within(1000, () => idle.every(client => client.isClosed())))
})

for (const { perSource, taken, what } of [
  { perSource: 100, taken: 100, what: 'one source has so many places' },
  { perSource: 1_000_000, taken: 400, what: 'without that bound it takes all it wants' },
]) {
  t.test(what, async t => {
    const target = await openTarget(t, {
      listeners: ['udp'],
      engine: { perSource },
      // Nobody answers, so each keeps its place.
      answer: () => undefined,
    })
    const attacker = await udpPeer(t, '127.0.10.1')
    await invite(target, text => attacker.send(text, target.port('udp')), taken)
    for (let n = 0; n < 400 - taken; n += 1) {
      attacker.send(requestText('INVITE', { via: 'SIP/2.0/UDP x.invalid' }), target.port('udp'))
      if (n % 20 === 19) await passing(5)
    }
    t.ok(await within(2000, () => target.count('portico_sip_shed_total') === 400 - taken))
    t.equal(target.heard().length, taken)
    const other = await udpPeer(t, '127.0.10.2')
    other.send(requestText('INVITE', { callId: 'other', via: 'SIP/2.0/UDP x.invalid' }), target.port('udp'))
    t.ok(await within(2000, () => target.heard().includes('other')))
  })
}

for (const { dialogs, taken, what } of [
  { dialogs: 50, taken: 50, what: 'no more calls than there may be dialogs' },
  { dialogs: 1000, taken: 100, what: 'more of them when more may be' },
]) {
  t.test(what, async t => {
    const target = await openTarget(t, { listeners: ['udp'], engine: { dialogs } })
    const attacker = await udpPeer(t, '127.0.10.1')
    await invite(target, text => attacker.send(text, target.port('udp')), taken)
    attacker.send(
      requestText('INVITE', { callId: 'one more', via: 'SIP/2.0/UDP x.invalid' }),
      target.port('udp'),
    )
    for (let n = taken; n < 99; n += 1) {
      attacker.send(requestText('INVITE', { via: 'SIP/2.0/UDP x.invalid' }), target.port('udp'))
    }
    await passing(300)
    t.equal(target.stats().dialogs >= taken && target.stats().dialogs <= dialogs, true)
    t.equal(target.count('portico_sip_shed_total') > 0, taken === 50)
  })
}
