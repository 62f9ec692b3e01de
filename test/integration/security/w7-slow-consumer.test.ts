// W7: a browser that does not read loses its connection when a megabyte waits for it, or when nothing got out for a while.
// Scaled: the stall is 500 ms instead of 10 s. The kernel takes some megabytes of its own before anything waits here.
import t, { type Test } from 'tap'
import { browser, type Browser } from '../../support/attack/peers.ts'
import { openTarget, type Target } from '../../support/attack/target.ts'
import { againAndAgain, passing, quantile, timed, within } from '../../support/attack/time.ts'

const queueBytes = 1_048_576
const body = 'x'.repeat(30_000)

/** Sends INFO after INFO to the peer of `flow` until as much waits, it is gone, or 30 MB are on the way. */
async function push(target: Target, flow: string, until: number): Promise<number> {
  let most = 0
  for (let n = 0; n < 1000 && target.flows() === 2; n += 1) {
    const sent = target.engine.request({
      method: 'INFO',
      uri: 'sip:agent@x.invalid',
      flow,
      headers: [['Content-Type', 'text/plain']],
      body,
    })
    if (!sent.ok) break
    most = Math.max(most, target.count('portico_flow_queue_bytes'))
    if (most >= until) break
    if (n % 20 === 0) await passing(1)
  }
  return most
}

/** A browser that has registered and then stopped reading, one that has not, and the flow of the first. */
async function pair(
  t: Test,
  target: Target,
): Promise<{ readonly deaf: Browser; readonly agent: Browser; readonly flow: string }> {
  const deaf = await browser(t, target.port('ws'))
  await deaf.ask('REGISTER')
  const heard = target.events.find(event => event.kind === 'request')
  const agent = await browser(t, target.port('ws'))
  await agent.ask('REGISTER')
  deaf.socket.pause()
  return { deaf, agent, flow: heard?.kind === 'request' ? (heard.source.flow ?? '') : '' }
}

t.test('more than a megabyte never waits, and others are served meanwhile', async t => {
  const target = await openTarget(t, { limits: { queueBytes } })
  const { agent, flow } = await pair(t, target)
  const times: number[] = []
  const stop = againAndAgain(100, async () => times.push(await timed(() => agent.ask('REGISTER'))))
  const most = await push(target, flow, Infinity)
  await stop()
  t.ok(most <= queueBytes, `${most} bytes waited`)
  t.ok(await within(2000, () => target.flows() === 1), 'the deaf one is gone')
  t.equal(target.count('portico_connections_cut_total', 'slow-consumer'), 1)
  t.ok(quantile(times, 0.95) < 500, `an agent registered in ${Math.round(quantile(times, 0.95))} ms`)
})

t.test('without that bound more and more waits', async t => {
  const target = await openTarget(t, { limits: { queueBytes: 1_000_000_000 } })
  const { flow } = await pair(t, target)
  const most = await push(target, flow, 2 * queueBytes)
  t.ok(most >= 2 * queueBytes, `${most} bytes waited`)
  t.equal(target.flows(), 2)
})

for (const { stallMs, flows, what } of [
  { stallMs: 500, flows: 1, what: 'is closed after a while' },
  { stallMs: 60_000, flows: 2, what: 'keeps its place without that bound' },
]) {
  t.test(`a connection on which a little waits and nothing moves ${what}`, async t => {
    const target = await openTarget(t, { limits: { queueBytes: 1_000_000_000, stallMs } })
    const { flow } = await pair(t, target)
    const most = await push(target, flow, 100_000)
    t.ok(most > 0)
    await within(3 * 500, () => target.flows() === 1)
    t.equal(target.flows(), flows)
    t.equal(target.count('portico_connections_cut_total', 'stalled'), 2 - flows)
  })
}

t.test('a connection that is read slowly, but is read, stays', async t => {
  const target = await openTarget(t, { limits: { queueBytes: 1_000_000_000, stallMs: 500 } })
  const { deaf, flow } = await pair(t, target)
  await push(target, flow, 2_000_000)
  for (let n = 0; n < 15; n += 1) {
    deaf.socket.resume()
    await passing(5)
    deaf.socket.pause()
    await passing(95)
  }
  t.equal(target.flows(), 2)
  deaf.socket.resume()
  t.ok(await within(5000, () => target.count('portico_flow_queue_bytes') === 0))
})

t.test('a ping flood by a peer that does not read is bounded as well', async t => {
  const target = await openTarget(t, { ws: { pingsPerSecond: 0 }, limits: { queueBytes: 65_536 } })
  const { deaf } = await pair(t, target)
  const payload = Buffer.alloc(125)
  for (let n = 0; n < 400 && target.flows() === 2; n += 1) {
    for (let burst = 0; burst < 500; burst += 1) deaf.socket.ping(payload)
    await passing(2)
  }
  t.ok(await within(3000, () => target.flows() === 1))
})
