// W3: whoever takes a place and brings nothing loses it: each phase of a connection has its deadline. Scaled: 25 clients for
// each phase instead of 2,000 in all, deadlines of 600 ms instead of 5 to 10 s; both are numbers of the target.
import t, { type Test } from 'tap'
import {
  browser,
  frame,
  rawClient,
  rawTlsClient,
  upgradeText,
  type RawClient,
} from '../../support/attack/peers.ts'
import { openTarget, type Target, type TargetOptions } from '../../support/attack/target.ts'
import { requestText } from '../../support/attack/text.ts'
import { passing, quantile, repeatedly, timed, within } from '../../support/attack/time.ts'
import { certificate } from '../../support/transport-peers.ts'

const clients = 25
const deadlineMs = 600
const lifted = 60_000
const tls = await certificate()

type Bounds = Pick<TargetOptions, 'ws' | 'limits'>

const bounded: Bounds = {
  ws: { headersMs: deadlineMs, acceptedMs: deadlineMs },
  limits: { tlsHandshakeMs: deadlineMs, firstMessageMs: deadlineMs, messageMs: deadlineMs },
}

/** One way of being slow: how a client begins, and what it sends again and again. */
interface Phase {
  readonly name: string
  /** Takes away the bounds that end it. */
  readonly without: Bounds
  begin(t: Test, target: Target): RawClient
  drip(client: RawClient): void
}

const phases: readonly Phase[] = [
  {
    name: 'a TLS handshake that never ends',
    without: { limits: { tlsHandshakeMs: lifted } },
    begin: (t, target) => {
      const client = rawClient(t, target.port('wss'))
      client.socket.write(Buffer.from('1603010200010001fc0303', 'hex'))
      return client
    },
    drip: ({ socket }) => socket.write(Buffer.of(0)),
  },
  {
    name: 'the head of an HTTP request that never ends',
    without: { ws: { headersMs: lifted } },
    begin: (t, target) => {
      const client = rawClient(t, target.port('ws'))
      client.socket.write('GET /sip HTTP/1.1\r\nHost: x\r\nX: ')
      return client
    },
    drip: ({ socket }) => socket.write('x'),
  },
  {
    name: 'a WebSocket that only sends keep-alives',
    without: { ws: { acceptedMs: 0 }, limits: { firstMessageMs: lifted } },
    begin: upgraded,
    drip: ({ socket }) => socket.write(frame('\r\n\r\n')),
  },
  {
    name: 'a first frame that never ends',
    without: { ws: { acceptedMs: 0 }, limits: { firstMessageMs: lifted, messageMs: lifted } },
    begin: (t, target) => {
      const client = upgraded(t, target)
      client.socket.write(frame('x'.repeat(1000)).subarray(0, 9))
      return client
    },
    drip: ({ socket }) => socket.write('x'),
  },
  {
    name: 'a later message whose fragments never end, with pings between them',
    without: { limits: { messageMs: lifted } },
    begin: (t, target) => {
      const client = upgraded(t, target)
      client.socket.write(frame(requestText('REGISTER', { via: 'SIP/2.0/WS x.invalid' })))
      client.socket.write(frame('x', { isFinal: false }))
      return client
    },
    drip: ({ socket }) =>
      socket.write(Buffer.concat([frame('', { opcode: 9 }), frame('x', { opcode: 0, isFinal: false })])),
  },
  {
    name: 'a stranger who is answered but never accepted',
    without: { ws: { acceptedMs: 0 } },
    begin: upgraded,
    drip: ({ socket }) => socket.write(frame(requestText('OPTIONS', { via: 'SIP/2.0/WS x.invalid' }))),
  },
  {
    name: 'a TCP message that never ends',
    without: { limits: { messageMs: lifted } },
    begin: (t, target) => {
      const client = rawClient(t, target.port('tcp'))
      client.socket.write(`${requestText('OPTIONS')}INVITE sip:a SIP/2.0\r\nX: `)
      return client
    },
    drip: ({ socket }) => socket.write('x'),
  },
]

for (const phase of phases) {
  t.test(`${phase.name} is cut off, and agents do not feel it`, async t => {
    const { closed, slowest } = await attack(t, phase, bounded)
    t.equal(closed, clients, 'all are gone')
    t.ok(slowest < 500, `nine in ten registrations of an agent took less than ${Math.round(slowest)} ms`)
  })

  t.test(`${phase.name}, without its bound, keeps its place`, async t => {
    const { closed } = await attack(t, phase, {
      ws: { ...bounded.ws, ...phase.without.ws },
      limits: { ...bounded.limits, ...phase.without.limits },
    })
    t.equal(closed, 0)
  })
}

/** Runs the slow clients for twice the deadline, and an agent that registers all the time. */
async function attack(
  t: Test,
  phase: Phase,
  bounds: Bounds,
): Promise<{ readonly closed: number; readonly slowest: number }> {
  const target = await openTarget(t, {
    listeners: ['ws', 'wss', 'tcp'],
    tls,
    ...bounds,
    ws: { ...bounds.ws, messagesPerSecond: 0 },
  })
  const agent = await browser(t, target.port('ws'))
  await agent.ask('REGISTER')
  const attackers = Array.from({ length: clients }, () => phase.begin(t, target))
  const stop = repeatedly(50, () => {
    for (const client of attackers) if (client.socket.writable) phase.drip(client)
  })
  t.teardown(stop)
  const times: number[] = []
  const end = performance.now() + 2.2 * deadlineMs
  while (performance.now() < end) {
    times.push(await timed(() => agent.ask('REGISTER')))
    await passing(20)
  }
  stop()
  const closed = attackers.filter(client => client.isClosed()).length
  if (closed === clients) {
    t.ok(await within(1000, () => target.flows() === 1), 'only the agent is left')
  }
  return { closed, slowest: quantile(times, 0.9) }
}

function upgraded(t: Test, target: Target): RawClient {
  const client = rawClient(t, target.port('ws'))
  client.socket.write(upgradeText())
  return client
}

t.test('the deadlines hold over TLS as well', async t => {
  const target = await openTarget(t, { listeners: ['wss'], tls, ...bounded })
  const client = rawTlsClient(t, target.port('wss'), tls.cert)
  client.socket.write(upgradeText())
  const stop = repeatedly(50, () => client.socket.writable && client.socket.write(frame('\r\n\r\n')))
  t.teardown(stop)
  t.ok(await within(3 * deadlineMs, () => client.isClosed()))
  t.equal(target.flows(), 0)
})
