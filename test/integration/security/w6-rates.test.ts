// W6: token buckets. A connection has its messages, an address its connections, all together their handshakes and upgrades; who
// keeps to them does not feel those who do not. Scaled: the rates are parameters, and attacks last about a second.
import t, { type Test } from 'tap'
import { browser, rawClient, upgradeText, type RawClient } from '../../support/attack/peers.ts'
import { openTarget, type Target } from '../../support/attack/target.ts'
import { requestText } from '../../support/attack/text.ts'
import { passing, within } from '../../support/attack/time.ts'
import type { TransportLimits } from '../../../engine/transport/transport-options.ts'

const via = 'SIP/2.0/WS x.invalid'
const free: Partial<TransportLimits> = {
  connectsPerSecondPerAddress: 0,
  handshakesPerSecond: 0,
  upgradesPerSecond: 0,
}

t.test('a connection may bring a burst, and is closed for more', async t => {
  const target = await openTarget(t, { ws: { messagesPerSecond: 20, messagesBurst: 50 } })
  const agent = await browser(t, target.port('ws'))
  const other = await browser(t, target.port('ws'))
  for (let n = 0; n < 200; n += 1) agent.socket.send(requestText('REGISTER', { via }))
  t.equal(await agent.closed, 1008)
  const heard = target.heard().length
  t.ok(heard >= 50 && heard < 60, `${heard} were heard: the burst, and what came in while it was sent`)
  await other.ask('REGISTER')
  t.equal(target.count('portico_connections_cut_total', 'too-many-messages'), 1)
})

t.test('a connection that keeps to the rate stays for ever', async t => {
  const target = await openTarget(t, { ws: { messagesPerSecond: 100, messagesBurst: 5 } })
  const agent = await browser(t, target.port('ws'))
  for (let n = 0; n < 60; n += 1) {
    await agent.ask('REGISTER')
    await passing(12)
  }
  t.equal(target.heard().length, 60)
})

t.test('without the rate a connection brings what it likes', async t => {
  const target = await openTarget(t, { ws: { messagesPerSecond: 0 } })
  const agent = await browser(t, target.port('ws'))
  for (let n = 0; n < 200; n += 1) agent.socket.send(requestText('REGISTER', { via }))
  t.ok(await within(3000, () => target.heard().length === 200))
})

/** Lets `count` clients try from those addresses, spread over about `ms`; how many were let in, and how long it took. */
async function tries(
  t: Test,
  target: Target,
  count: number,
  addressOf: (n: number) => string,
  ms: number,
): Promise<{
  readonly clients: readonly RawClient[]
  readonly seconds: number
  readonly entered: () => number
}> {
  const clients: RawClient[] = []
  const start = performance.now()
  for (let n = 0; n < count; n += 1) {
    const client = rawClient(t, target.port('ws'), addressOf(n))
    client.socket.write(upgradeText())
    clients.push(client)
    if (n % 10 === 9) await passing((ms * 10) / count)
  }
  const entered = (): number => clients.filter(client => client.got().startsWith('HTTP/1.1 101')).length
  const decided = (): boolean => clients.every(client => client.isClosed() || client.got() !== '')
  t.ok(await within(5000, decided), 'each was let in or turned away')
  const seconds = (performance.now() - start) / 1000
  return { clients, seconds, entered }
}

/** Never more than the rate allows. A busy machine may let in less; that the rate is exact is shown on a clock that is moved. */
function isBounded(t: Test, value: number, burst: number, allowed: number): void {
  t.ok(value >= burst && value <= 1.05 * allowed + 2, `${value} of ${allowed.toFixed(1)}`)
}

t.test('one address comes at its rate, and two hundred others do not feel it', async t => {
  const target = await openTarget(t, {
    limits: { ...free, connectsPerSecondPerAddress: 40, connectsBurstPerAddress: 20 },
  })
  const [attack, others] = await Promise.all([
    tries(t, target, 500, () => '127.0.6.1', 1000),
    tries(t, target, 200, n => `127.0.7.${n + 1}`, 1000),
  ])
  isBounded(t, attack.entered(), 20, 20 + 40 * attack.seconds)
  t.equal(others.entered(), 200)
  t.equal(target.count('portico_connections_refused_total', 'too-fast-from-address'), 500 - attack.entered())
})

t.test('one address has so many connections at once', async t => {
  const target = await openTarget(t, { limits: { ...free, connectionsPerAddress: 50 } })
  const [attack, others] = await Promise.all([
    tries(t, target, 200, () => '127.0.6.1', 200),
    tries(t, target, 50, n => `127.0.7.${n + 1}`, 200),
  ])
  t.equal(attack.entered(), 50)
  t.equal(others.entered(), 50)
  const [first] = attack.clients
  first?.socket.destroy()
  t.ok(await within(1000, () => target.flows() === 99))
  t.equal((await tries(t, target, 10, () => '127.0.6.1', 100)).entered(), 1, 'one place became free')
})

t.test('all addresses together come at a rate', async t => {
  const target = await openTarget(t, { limits: { ...free, handshakesPerSecond: 100, handshakesBurst: 60 } })
  const { entered, seconds } = await tries(t, target, 500, n => `127.0.7.${(n % 200) + 1}`, 1000)
  isBounded(t, entered(), 60, 60 + 100 * seconds)
})

t.test(
  'after a restart all come back: as many as the rate, the others are told when to try again',
  async t => {
    const target = await openTarget(t, {
      limits: { ...free, upgradesPerSecond: 100, upgradesBurst: 60, upgradeRetrySec: 20 },
    })
    const { clients, entered, seconds } = await tries(t, target, 400, n => `127.0.7.${(n % 200) + 1}`, 1000)
    isBounded(t, entered(), 60, 60 + 100 * seconds)
    const waits = clients
      .filter(client => client.got().startsWith('HTTP/1.1 503 '))
      .map(client => Number(/^Retry-After: (\d+)\r$/m.exec(client.got())?.[1]))
    t.equal(waits.length, 400 - entered())
    t.ok(waits.every(seconds => seconds >= 1 && seconds <= 20))
    t.ok(new Set(waits).size > 10, 'they are not told to come back together')
  },
)

t.test('a process that is pressed lets nobody in, and tells when to try again', async t => {
  const target = await openTarget(t, { isOverloaded: () => true })
  const client = rawClient(t, target.port('ws'))
  client.socket.write(upgradeText())
  await client.closed
  t.match(client.got(), /^HTTP\/1\.1 503 [^]*\r\nRetry-After: \d+\r\n/)
})

t.test('without the rates all are let in', async t => {
  const target = await openTarget(t, { limits: free })
  t.equal((await tries(t, target, 400, () => '127.0.6.1', 400)).entered(), 400)
})
