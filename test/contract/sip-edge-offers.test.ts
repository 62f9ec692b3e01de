import t, { type Test } from 'tap'
import {
  answer,
  edges,
  fromAgent,
  offer,
  sdp,
  withPeers,
  type Open,
  type Peers,
} from '../support/edge-contract.ts'

for (const [name, open] of edges) {
  t.test(`offers and answers over a SIP edge: ${name}`, async t => {
    await delayedOffer(t, open)
    await reliableResponses(t, open)
    await earlyOffers(t, open)
  })
}

async function delayedOffer(t: Test, open: Open): Promise<void> {
  await withPeers(
    t,
    open,
    'a caller without an offer answers ours in its ACK (RFC 3261 §13.2.1)',
    async (t, { bench, agent }) => {
      agent.send({ method: 'INVITE', uri: 'sip:9@door.example.com', ...fromAgent })
      const invite = await bench.asked('INVITE')
      t.equal(invite.request.body.length, 0)
      bench.edge.respond({ transaction: invite.transaction, status: 200, body: offer })
      const told = await agent.answered(200)
      t.equal(told.response.body.toString(), offer.content)
      agent.engine.ack(told.dialog ?? '', sdp(answer))
      const acked = await bench.next('ack')
      t.equal(acked.dialog, invite.dialogToBe)
      t.equal(acked.request.body.toString(), answer.content)
      t.equal(acked.request.headers.get('Content-Type'), 'application/sdp')
    },
  )

  await withPeers(t, open, 'an offer in a 2xx is answered in our ACK', async (t, { bench, server }) => {
    const order = bench.send({ method: 'INVITE', uri: `sip:x@127.0.0.1:${server.port}` })
    const onServer = await server.asked('INVITE')
    server.answer(onServer, { status: 200, ...sdp(offer) })
    const { dialog = '', response } = await bench.answered(order, 200)
    t.equal(response.body.toString(), offer.content)
    bench.edge.ack(dialog, answer)
    const acked = await server.next('ack')
    t.equal(acked.request.body.toString(), answer.content)
    t.equal(acked.request.headers.get('Content-Type'), 'application/sdp')
  })
}

async function reliableResponses(t: Test, open: Open): Promise<void> {
  await withPeers(
    t,
    open,
    'a reliable provisional response is acknowledged without a word to the call logic (RFC 3262 §4)',
    async (t, { bench, server }) => {
      const { order, onServer, early, prack } = await answeredReliably({ bench, server })
      t.equal(early.response.body.toString(), answer.content)
      t.match(prack.request.headers.get('RAck'), /^\d+ 1 INVITE$/)
      server.answer(prack, { status: 200 })
      server.answer(onServer, { status: 200, ...sdp(answer) })
      const { dialog = '' } = await bench.answered(order, 200)
      bench.edge.ack(dialog)
      await server.next('ack')
      t.strictSame(bench.events.kinds(), [])
    },
  )

  await withPeers(
    t,
    open,
    'a caller who insists on reliable provisional responses gets them (RFC 3262 §3)',
    async (t, { bench, agent }) => {
      const invite = await insisted({ bench, agent })
      bench.edge.respond({ transaction: invite.transaction, status: 180 })
      const early = await agent.answered(180)
      t.equal(early.response.headers.get('Require'), '100rel')
      await acknowledge(agent, early)
      bench.edge.respond({ transaction: invite.transaction, status: 200, body: answer })
      const told = await agent.answered(200)
      t.equal(told.response.body.toString(), answer.content)
      t.strictSame(bench.events.kinds(), [], 'the PRACK is the business of the edge')
    },
  )
}

/** The server is called, and answers reliably before it takes the call; its answer is acknowledged. */
async function answeredReliably({ bench, server }: Pick<Peers, 'bench' | 'server'>) {
  const order = bench.send({
    method: 'INVITE',
    uri: `sip:x@127.0.0.1:${server.port}`,
    headers: [['Supported', '100rel']],
    body: offer,
  })
  const onServer = await server.asked('INVITE')
  server.answer(onServer, {
    status: 183,
    headers: [['Require', '100rel'], ...sdp(answer).headers],
    body: answer.content,
  })
  const early = await bench.answered(order, 183)
  return { order, onServer, early, prack: await server.asked('PRACK') }
}

/** The agent calls, and insists on reliable provisional responses. */
async function insisted({ bench, agent }: Pick<Peers, 'bench' | 'agent'>) {
  agent.send({
    method: 'INVITE',
    uri: 'sip:9@door.example.com',
    headers: [...fromAgent.headers, ...sdp(offer).headers, ['Require', '100rel']],
    body: offer.content,
  })
  return bench.asked('INVITE')
}

/** The agent acknowledges a reliable provisional response. */
async function acknowledge(
  agent: Peers['agent'],
  { response, dialog = '' }: Awaited<ReturnType<Peers['agent']['answered']>>,
) {
  const rack = `${response.headers.get('RSeq')} 1 INVITE`
  agent.send({ method: 'PRACK', dialog, headers: [['RAck', rack]] })
  await agent.answered(200)
}

/** A call that rings after both sides have answered reliably. */
async function ringing({ bench, agent, server }: Peers) {
  const invite = await insisted({ bench, agent })
  const { order, onServer, early: onB, prack } = await answeredReliably({ bench, server })
  const bDialog = onB.dialog ?? ''
  server.answer(prack, { status: 200 })
  bench.edge.respond({ transaction: invite.transaction, status: 183, body: answer })
  const early = await agent.answered(183)
  await acknowledge(agent, early)
  return { invite, order, onServer, bDialog, aDialog: early.dialog ?? '', serverDialog: prack.dialog ?? '' }
}

async function earlyOffers(t: Test, open: Open): Promise<void> {
  await withPeers(
    t,
    open,
    'an UPDATE crosses in the early dialogs of both sides, in both directions (RFC 3311 §5)',
    async (t, peers) => {
      const { bench, agent, server } = peers
      const { invite, order, onServer, bDialog, aDialog, serverDialog } = await ringing(peers)
      server.send({ method: 'UPDATE', dialog: serverDialog, ...sdp(offer) })
      const ofServer = await bench.asked('UPDATE')
      t.equal(ofServer.dialog, bDialog)
      const toAgent = bench.send({ method: 'UPDATE', dialog: invite.dialogToBe, body: offer })
      const onAgent = await agent.asked('UPDATE')
      t.equal(onAgent.request.body.toString(), offer.content)
      agent.answer(onAgent, { status: 200, ...sdp(answer) })
      t.equal((await bench.answered(toAgent, 200)).response.body.toString(), answer.content)
      bench.edge.respond({ transaction: ofServer.transaction, status: 200, body: answer })
      t.equal((await server.answered(200)).response.body.toString(), answer.content)

      agent.send({ method: 'UPDATE', dialog: aDialog, ...sdp(offer) })
      const ofAgent = await bench.asked('UPDATE')
      t.equal(ofAgent.dialog, invite.dialogToBe)
      const toServer = bench.send({ method: 'UPDATE', dialog: bDialog, body: offer })
      const asked = await server.asked('UPDATE')
      server.answer(asked, { status: 200, ...sdp(answer) })
      await bench.answered(toServer, 200)
      bench.edge.respond({ transaction: ofAgent.transaction, status: 200, body: answer })
      await agent.answered(200)

      server.answer(onServer, { status: 200 })
      t.equal((await bench.answered(order, 200)).dialog, bDialog, 'the call has the same dialog')
      bench.edge.ack(bDialog)
      await server.next('ack')
    },
  )

  await withPeers(
    t,
    open,
    'an UPDATE that crosses another one is refused by the edge (RFC 3311 §5.2)',
    async (t, peers) => {
      const { bench, server } = peers
      const { bDialog, serverDialog } = await ringing(peers)
      server.send({ method: 'UPDATE', dialog: serverDialog, ...sdp(offer) })
      const ofServer = await bench.asked('UPDATE')
      server.send({ method: 'UPDATE', dialog: serverDialog })
      const second = await server.answered(500)
      t.match(second.response.headers.get('Retry-After'), /^\d+$/)
      bench.edge.respond({ transaction: ofServer.transaction, status: 200, body: answer })
      await server.answered(200)
      const ours = bench.send({ method: 'UPDATE', dialog: bDialog, body: offer })
      const onServer = await server.asked('UPDATE')
      server.send({ method: 'UPDATE', dialog: serverDialog, ...sdp(offer) })
      await server.answered(491)
      server.answer(onServer, { status: 200, ...sdp(answer) })
      await bench.answered(ours, 200)
    },
  )
}
