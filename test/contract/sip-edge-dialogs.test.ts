import t, { type Test } from 'tap'
import { answer, call, edges, fromAgent, offer, sdp, withPeers, type Open } from '../support/edge-contract.ts'
import type { EdgeBench } from '../support/edge-bench.ts'
import { SipPeer } from '../support/sip-peer.ts'
import type { EdgeEvent } from '../../proxy/ports.ts'

for (const [name, open] of edges) {
  t.test(`dialogs and connections over a SIP edge: ${name}`, async t => {
    await insideDialogs(t, open)
    await localOutcomes(t, open)
    await flows(t, open)
  })
}

async function insideDialogs(t: Test, open: Open): Promise<void> {
  await withPeers(t, open, 'a re-INVITE crosses in both directions', async (t, { bench, agent, server }) => {
    const { aDialog, bDialog, agentDialog } = await call(bench, agent, server)
    agent.send({ method: 'INVITE', dialog: agentDialog, ...sdp(offer) })
    const again = await bench.asked('INVITE')
    t.equal(again.dialog, aDialog)
    const order = bench.send({ method: 'INVITE', dialog: bDialog, body: offer })
    const onServer = await server.asked('INVITE')
    server.answer(onServer, { status: 183 })
    await bench.answered(order, 183)
    server.answer(onServer, { status: 200, ...sdp(answer) })
    t.equal((await bench.answered(order, 200)).dialog, bDialog)
    bench.edge.ack(bDialog)
    await server.next('ack')
    bench.edge.respond({ transaction: again.transaction, status: 200, body: answer })
    const told = await agent.answered(200)
    t.match(told.response.headers.get('Contact'), /door\.example\.com:8443/)
    agent.ack(agentDialog)
    t.equal((await bench.next('ack')).dialog, aDialog)
    const back = bench.send({ method: 'INVITE', dialog: aDialog, body: offer })
    const onAgent = await agent.asked('INVITE')
    t.match(onAgent.request.headers.get('Contact'), /door\.example\.com:8443/)
    agent.answer(onAgent, { status: 488 })
    t.equal((await bench.answered(back, 488)).dialog, undefined)
  })

  for (const method of ['INFO', 'MESSAGE'] as const) {
    await withPeers(t, open, `${method} crosses in both directions`, async (t, { bench, agent, server }) => {
      const { aDialog, bDialog, agentDialog, serverDialog } = await call(bench, agent, server)
      const body = { type: 'application/dtmf-relay', content: 'Signal=5\r\nDuration=160\r\n' }
      agent.send({ method, dialog: agentDialog, ...sdp(body) })
      const fromCaller = await bench.asked(method)
      t.equal(fromCaller.dialog, aDialog)
      t.equal(fromCaller.request.body.toString(), body.content)
      const there = bench.send({ method, dialog: bDialog, body })
      const onServer = await server.asked(method)
      t.equal(onServer.dialog, serverDialog)
      t.equal(onServer.request.headers.get('Content-Type'), body.type)
      server.answer(onServer, { status: 200 })
      await bench.answered(there, 200)
      bench.edge.respond({ transaction: fromCaller.transaction, status: 200 })
      await agent.answered(200)

      server.send({ method, dialog: serverDialog, ...sdp(body) })
      const fromServer = await bench.asked(method)
      t.equal(fromServer.dialog, bDialog)
      const back = bench.send({ method, dialog: aDialog, body })
      const onAgent = await agent.asked(method)
      t.equal(onAgent.request.body.toString(), body.content)
      agent.answer(onAgent, { status: 415 })
      await bench.answered(back, 415)
      bench.edge.respond({ transaction: fromServer.transaction, status: 415 })
      await server.answered(415)
    })
  }

  await withPeers(
    t,
    open,
    'a dialog whose answer is never acknowledged is ended',
    async (t, { bench, agent }) => {
      agent.send({ method: 'INVITE', uri: 'sip:9@door.example.com', ...sdp(offer) })
      const invite = await bench.asked('INVITE')
      bench.edge.respond({ transaction: invite.transaction, status: 200, body: answer })
      await agent.answered(200)
      bench.clock.advance(33_000)
      t.equal((await bench.next('dialog-ended')).dialog, invite.dialogToBe)
    },
  )
}

async function localOutcomes(t: Test, open: Open): Promise<void> {
  await withPeers(
    t,
    open,
    'a request that nobody answers ends in a local 408',
    async (t, { bench, server }) => {
      const options = { method: 'OPTIONS', uri: `sip:127.0.0.1:${server.port}`, side: 'inside' } as const
      const order = bench.send(options)
      await server.asked('OPTIONS')
      const later = bench.send(options)
      server.answer(await server.asked('OPTIONS'), { status: 200 })
      await bench.answered(later, 200)
      bench.clock.advance(33_000)
      t.equal((await bench.answered(order, 408)).local, true)
    },
  )

  for (const [name, order] of [
    ['over a transport without a listener', { uri: 'sip:127.0.0.1:9;transport=tcp' }],
    ['over a connection that is unknown', { uri: 'sip:x@y.invalid', flow: 'never-was' }],
    ['to a Request-URI that is none', { uri: 'nonsense' }],
    [
      'with a header that breaks the message apart',
      { uri: 'sip:127.0.0.1:9', headers: [['X-A', 'a\r\nX-B: b']] },
    ],
  ] as const) {
    await withPeers(t, open, `a request ${name} ends in a local 503`, async (t, { bench }) => {
      const transaction = bench.send({ method: 'OPTIONS', ...order })
      t.strictSame(bench.events.kinds(), [], 'not before the order has returned')
      t.equal((await bench.answered(transaction, 503)).local, true)
    })
  }

  await withPeers(
    t,
    open,
    'a request in a dialog that is unknown ends in a local 481',
    async (t, { bench }) => {
      const transaction = bench.send({ method: 'BYE', dialog: 'never;from-tag=was' })
      t.equal((await bench.answered(transaction, 481)).local, true)
    },
  )

  await withPeers(t, open, 'orders for what is over do no harm', async (t, { bench, agent }) => {
    bench.edge.ack('never;from-tag=was')
    bench.edge.cancel('never-was')
    bench.edge.closeFlow('never-was')
    bench.edge.respond({ transaction: 'never-was', status: 200 })
    agent.send({ method: 'OPTIONS', uri: 'sip:door.example.com', ...fromAgent })
    const options = await bench.asked('OPTIONS')
    bench.edge.respond({ transaction: options.transaction, status: 200 })
    await agent.answered(200)
    t.strictSame(bench.events.kinds(), [])
  })
}

/** An agent that has registered; the result is its connection. */
async function met(bench: EdgeBench, agent: SipPeer): Promise<string> {
  agent.send({ method: 'REGISTER', uri: 'sip:example.com', ...fromAgent })
  const register = await bench.asked('REGISTER')
  bench.edge.respond({ transaction: register.transaction, status: 200 })
  await agent.answered(200)
  return register.origin.flow ?? ''
}

async function flows(t: Test, open: Open): Promise<void> {
  await withPeers(
    t,
    open,
    'OPTIONS over a connection finds out whether it lives',
    async (t, { bench, agent }) => {
      const flow = await met(bench, agent)
      const order = bench.send({ method: 'OPTIONS', uri: 'sip:1001@df7jal23ls0d.invalid', flow })
      agent.answer(await agent.asked('OPTIONS'), { status: 200 })
      t.equal((await bench.answered(order, 200)).local, false)
    },
  )

  await withPeers(
    t,
    open,
    'a connection that ends is told, and nothing goes over it',
    async (t, { bench, agent }) => {
      const flow = await met(bench, agent)
      agent.engine.closeFlow('up')
      t.strictSame(await bench.next('flow-closed'), { kind: 'flow-closed', flow } satisfies EdgeEvent)
      const order = bench.send({ method: 'OPTIONS', uri: 'sip:1001@df7jal23ls0d.invalid', flow })
      t.equal((await bench.answered(order, 503)).local, true)
    },
  )

  await withPeers(t, open, 'a connection that we close ends at the agent', async (t, { bench, agent }) => {
    const flow = await met(bench, agent)
    bench.edge.closeFlow(flow)
    await agent.next('flow-closed')
    t.equal((await bench.next('flow-closed')).flow, flow)
  })

  await withPeers(
    t,
    open,
    'two agents are told apart and a call outlives its connection',
    async (t, { bench, agent, server }) => {
      const other = await SipPeer.ws(bench.agentsUrl)
      t.teardown(() => other.stop())
      const [one, two] = [await met(bench, agent), await met(bench, other)]
      t.not(one, two)
      const { bDialog, serverDialog } = await call(bench, agent, server)
      agent.engine.closeFlow('up')
      t.equal((await bench.next('flow-closed')).flow, one)
      server.send({ method: 'INFO', dialog: serverDialog })
      const info = await bench.asked('INFO')
      t.equal(info.dialog, bDialog)
      bench.edge.respond({ transaction: info.transaction, status: 200 })
      await server.answered(200)
    },
  )
}
