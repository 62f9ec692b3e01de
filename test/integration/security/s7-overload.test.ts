// S7: under a flood the engine answers 503 with Retry-After before it keeps anything: OPTIONS first, then REGISTER, then new
// calls, and what belongs to a running call last. Scaled: 300 transactions instead of 50,000, a flood of 2,000 requests as fast
// as they can be sent instead of a minute of it, and ten SIP seconds in one.
import t, { type Test } from 'tap'
import { shedLevel } from '../../../engine/admission.ts'
import { engineDefaults, type EngineLimits } from '../../../engine/options.ts'
import { browser, udpPeer, type Browser } from '../../support/attack/peers.ts'
import { openTarget, type Target } from '../../support/attack/target.ts'
import { requestText, unique } from '../../support/attack/text.ts'
import { againAndAgain, fastClock, passing, quantile, timed, within } from '../../support/attack/time.ts'
import { headerOf, statusOf, type SipText } from '../../support/sip-text.ts'
import { liveBytes } from '../../support/heap.ts'

const transactions = 300
const requests = 2000
const speed = 10
const unbounded = 1_000_000
const methods = ['REGISTER', 'INVITE', 'OPTIONS']

interface Flood {
  /** The most transactions that there were. */
  readonly most: number
}

/** Sends requests with new ids from those addresses. */
async function flood(t: Test, target: Target, addresses: readonly string[]): Promise<Flood> {
  const peers = await Promise.all(addresses.map(address => udpPeer(t, address)))
  let most = 0
  for (let sent = 0; sent < requests; sent += 1) {
    const text = requestText(methods[sent % 3] ?? 'OPTIONS', { via: 'SIP/2.0/UDP flood.invalid' })
    peers[sent % peers.length]?.send(text, target.port('udp'))
    if (sent % 20 !== 19) continue
    await passing(5)
    most = Math.max(most, target.stats().transactions)
  }
  return { most }
}

/** A call that stands, and in which requests can be sent. */
async function call(agent: Browser): Promise<{ readonly request: (method: string) => Promise<SipText> }> {
  const ids = { callId: unique(), fromTag: unique() }
  const answer = await agent.ask('INVITE', ids)
  const toTag = /;tag=(\w+)/.exec(headerOf(answer, 'to'))?.[1] ?? ''
  agent.socket.send(requestText('ACK', { ...ids, toTag, via: 'SIP/2.0/WS peer.invalid' }))
  let cseq = 1
  return { request: method => agent.ask(method, { ...ids, toTag, cseq: (cseq += 1) }) }
}

function target(t: Test, limits: Partial<EngineLimits>): Promise<Target> {
  return openTarget(t, {
    listeners: ['udp', 'ws'],
    clock: fastClock(speed),
    // Nothing of the flood shall be answered by the application, or the copies of 200s would be a flood of their own.
    answer: ({ source }) => (source.transport === 'udp' ? { status: 480 } : { status: 200, ...body }),
    ws: { messagesPerSecond: 0 },
    engine: limits,
  })
}

const body = { headers: [['Content-Type', 'application/sdp']], body: 'v=0\r\n' } as const
const many = Array.from({ length: 20 }, (_, n) => `127.0.8.${n + 1}`)

t.test('a flood from many addresses leaves every running call its requests, and passes', async t => {
  const here = await target(t, { transactions })
  const agent = await browser(t, here.port('ws'))
  const { request } = await call(agent)
  const before = liveBytes()
  const statuses: number[] = []
  const hushed = againAndAgain(20, async () => statuses.push(statusOf(await request('INFO'))))
  const { most } = await flood(t, here, many)
  await hushed()
  t.ok(statuses.length > 10)
  t.ok(
    statuses.every(status => status === 200),
    'every request in the call was answered 200',
  )
  t.ok(most <= transactions, `${most} transactions at most`)
  t.ok(most > 0.85 * transactions, 'the flood filled what it could')
  t.ok(liveBytes() - before < 20_000_000, 'and little more was held')
  t.equal(statusOf(await request('BYE')), 200)
  // Timer H or J and 5 s more.
  t.ok(
    await within((32_000 + 5000) / speed + 500, () => here.stats().transactions < 10),
    'all of it has gone',
  )
  t.equal(statusOf(await agent.ask('INVITE')), 200, 'and calls are taken as before')
})

t.test('a flood from few addresses does not keep others from calling', async t => {
  const here = await target(t, { transactions, perSource: 60 })
  const agent = await browser(t, here.port('ws'))
  const flooding = flood(t, here, ['127.0.8.1', '127.0.8.2'])
  const times: number[] = []
  for (let n = 0; n < 20; n += 1) {
    times.push(await timed(() => agent.ask('INVITE').then(answer => t.equal(statusOf(answer), 200))))
    await passing(50)
  }
  await flooding
  t.ok(quantile(times, 0.95) < 1000, `${Math.round(quantile(times, 0.95))} ms`)
})

t.test('without the bound the flood is held, and nothing is turned away', async t => {
  const here = await target(t, { transactions: unbounded, perSource: unbounded })
  const { most } = await flood(t, here, many)
  t.ok(most > 1.5 * transactions, `${most} transactions`)
  t.equal(here.count('portico_sip_shed_total'), 0)
})

t.test('the least valuable goes first, and is told when to come again', async t => {
  // OPTIONS from 7 on, REGISTER from 8, new calls from 9, requests in a call at 10; a call that stands holds one of them.
  const here = await target(t, { transactions: 10, perSource: unbounded })
  const agent = await browser(t, here.port('ws'))
  const { request } = await call(agent)
  const peer = await udpPeer(t, '127.0.8.1')
  t.equal(here.stats().transactions, 1, 'its INVITE')
  const ask = async (method: string): Promise<SipText> => {
    const callId = unique()
    peer.send(requestText(method, { callId, via: 'SIP/2.0/UDP x.invalid' }), here.port('udp'))
    return peer.answer(callId)
  }
  for (let n = 0; n < 6; n += 1) t.equal(statusOf(await ask('MESSAGE')), 480)
  t.equal(statusOf(await ask('OPTIONS')), 503)
  t.equal(statusOf(await ask('REGISTER')), 480)
  t.equal(statusOf(await ask('REGISTER')), 503)
  t.equal(statusOf(await ask('MESSAGE')), 480)
  const refused = await ask('INVITE')
  t.equal(statusOf(refused), 503)
  t.match(headerOf(refused, 'retry-after'), /^([1-9]|10)$/)
  t.equal(statusOf(await request('INFO')), 200)
  t.equal(here.stats().transactions, 9, 'what was refused is not kept')
})

for (const { name, lagMs, heap } of [
  { name: 'late', lagMs: 450, heap: 0 },
  { name: 'short of memory', lagMs: 0, heap: 0.96 },
]) {
  t.test(`a process that is ${name} takes nothing new, and ends what runs`, async t => {
    let isPressed = false
    const load = {
      start: () => undefined,
      stop: () => undefined,
      lagMs: () => (isPressed ? lagMs : 0),
      heapShare: () => (isPressed ? heap : 0),
    }
    const here = await openTarget(t, { more: { load } })
    const agent = await browser(t, here.port('ws'))
    const { request } = await call(agent)
    isPressed = true
    t.equal(shedLevel({ transactions: 0, lagMs, heap }, engineDefaults), 3)
    for (const method of ['OPTIONS', 'REGISTER', 'INVITE']) {
      t.equal(statusOf(await agent.ask(method)), 503, method)
    }
    t.equal(statusOf(await request('INFO')), 200)
    t.equal(statusOf(await request('BYE')), 200)
    isPressed = false
    t.equal(statusOf(await agent.ask('REGISTER')), 200)
  })
}
