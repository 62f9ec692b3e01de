import t, { type Test } from 'tap'
import { answer, call, edges, fromAgent, offer, sdp, withPeers, type Open } from '../support/edge-contract.ts'

for (const [name, open] of edges) {
  t.test(`calls over a SIP edge: ${name}`, async t => {
    await registration(t, open)
    await settingUp(t, open)
    await callingAgents(t, open)
    await givingUp(t, open)
  })
}

async function registration(t: Test, open: Open): Promise<void> {
  await withPeers(
    t,
    open,
    'a REGISTER is challenged and accepted over its connection',
    async (t, { bench, agent }) => {
      const register = { method: 'REGISTER', uri: 'sip:example.com', ...fromAgent }
      agent.send(register)
      const first = await bench.asked('REGISTER')
      t.match(first.origin, { transport: 'ws', address: '127.0.0.1', port: Number })
      t.ok(first.origin.flow)
      t.equal(first.dialog, undefined)
      bench.edge.respond({
        transaction: first.transaction,
        status: 401,
        headers: [
          ['WWW-Authenticate', 'Digest realm="example.com", nonce="1", algorithm=SHA-256'],
          ['WWW-Authenticate', 'Digest realm="example.com", nonce="1", algorithm=MD5'],
        ],
      })
      const challenged = await agent.answered(401)
      t.strictSame(challenged.response.headers.all('WWW-Authenticate'), [
        'Digest realm="example.com", nonce="1", algorithm=SHA-256',
        'Digest realm="example.com", nonce="1", algorithm=MD5',
      ])
      agent.send({ ...register, headers: [...register.headers, ['Authorization', 'Digest username="1001"']] })
      const second = await bench.asked('REGISTER')
      t.equal(second.request.headers.get('Authorization'), 'Digest username="1001"')
      t.equal(second.origin.flow, first.origin.flow)
      const contact: [string, string] = ['Contact', '<sip:x@df7jal23ls0d.invalid;transport=ws>;expires=600']
      bench.edge.respond({ transaction: second.transaction, status: 200, headers: [contact] })
      t.equal((await agent.answered(200)).response.headers.get('Contact'), contact[1])
    },
  )
}

async function settingUp(t: Test, open: Open): Promise<void> {
  await withPeers(t, open, 'an INVITE becomes a call of two legs', async (t, { bench, agent, server }) => {
    agent.send({ method: 'INVITE', uri: 'sip:9@door.example.com', ...sdp(offer) })
    const invite = await bench.asked('INVITE')
    t.equal(invite.request.uri, 'sip:9@door.example.com')
    t.equal(invite.request.body.toString(), offer.content)
    t.match(invite.dialogToBe, /^.+;from-tag=.+$/)
    const order = bench.send({
      method: 'INVITE',
      uri: `sip:agt-1001@127.0.0.1:${server.port}`,
      side: 'inside',
      headers: [
        ['From', '"Agent" <sip:1001@example.com>'],
        ['X-Portico-Call', 'c1'],
      ],
      body: offer,
    })
    const onServer = await server.asked('INVITE')
    t.equal(onServer.request.headers.get('X-Portico-Call'), 'c1')
    t.match(onServer.request.headers.get('From'), /^"Agent" <sip:1001@example.com>;tag=/)
    t.equal(onServer.request.headers.get('Content-Type'), 'application/sdp')
    t.equal(onServer.request.body.toString(), offer.content)
    server.answer(onServer, { status: 180 })
    t.equal((await bench.answered(order, 180)).dialog, undefined, 'no dialog before the answer')
    bench.edge.respond({ transaction: invite.transaction, status: 180 })
    await agent.answered(180)
    server.answer(onServer, { status: 200, ...sdp(answer) })
    const answered = await bench.answered(order, 200)
    t.equal(answered.local, false)
    t.equal(answered.response.body.toString(), answer.content)
    bench.edge.ack(answered.dialog ?? '')
    await server.next('ack')
    bench.edge.respond({ transaction: invite.transaction, status: 200, body: answer })
    const told = await agent.answered(200)
    t.equal(told.response.body.toString(), answer.content)
    t.match(told.response.headers.get('Contact'), /^<sip:(?:[^@>]*@)?door\.example\.com:8443;transport=ws>$/)
    agent.ack(told.dialog)
    t.equal((await bench.next('ack')).dialog, invite.dialogToBe)
  })

  await withPeers(t, open, 'either side may hang up', async (t, { bench, agent, server }) => {
    const { aDialog, bDialog, agentDialog, serverDialog } = await call(bench, agent, server)
    agent.send({ method: 'BYE', dialog: agentDialog, headers: [['Reason', 'SIP;cause=200']] })
    const bye = await bench.asked('BYE')
    t.equal(bye.dialog, aDialog)
    t.equal(bye.request.headers.get('Reason'), 'SIP;cause=200')
    bench.edge.respond({ transaction: bye.transaction, status: 200 })
    await agent.answered(200)
    const order = bench.send({ method: 'BYE', dialog: bDialog, headers: [['Reason', 'SIP;cause=200']] })
    const onServer = await server.asked('BYE')
    t.equal(onServer.dialog, serverDialog)
    t.equal(onServer.request.headers.get('Reason'), 'SIP;cause=200')
    server.answer(onServer, { status: 200 })
    await bench.answered(order, 200)
    const late = bench.send({ method: 'INFO', dialog: bDialog })
    t.equal((await bench.answered(late, 481)).local, true, 'the dialog is over')
  })

  await withPeers(
    t,
    open,
    'the server may hang up, the agent is told',
    async (t, { bench, agent, server }) => {
      const { aDialog, bDialog, agentDialog, serverDialog } = await call(bench, agent, server)
      server.send({ method: 'BYE', dialog: serverDialog })
      const bye = await bench.asked('BYE')
      t.equal(bye.dialog, bDialog)
      bench.edge.respond({ transaction: bye.transaction, status: 200 })
      await server.answered(200)
      const order = bench.send({ method: 'BYE', dialog: aDialog })
      const onAgent = await agent.asked('BYE')
      t.equal(onAgent.dialog, agentDialog)
      t.match(onAgent.request.headers.get('Via'), /^SIP\/2.0\/WS door\.example\.com:8443;/)
      agent.answer(onAgent, { status: 200 })
      await bench.answered(order, 200)
    },
  )

  await withPeers(
    t,
    open,
    'a refusal is told with its reason and headers',
    async (t, { bench, agent, server }) => {
      agent.send({ method: 'INVITE', uri: 'sip:9@door.example.com', ...sdp(offer) })
      const invite = await bench.asked('INVITE')
      const order = bench.send({ method: 'INVITE', uri: `sip:x@127.0.0.1:${server.port}`, body: offer })
      server.answer(await server.asked('INVITE'), { status: 486, headers: [['Retry-After', '7']] })
      const refused = await bench.answered(order, 486)
      t.equal(refused.local, false)
      t.equal(refused.dialog, undefined)
      t.equal(refused.response.headers.get('Retry-After'), '7')
      bench.edge.respond({
        transaction: invite.transaction,
        status: 503,
        reason: 'All Lines Busy',
        headers: [['Retry-After', '3']],
      })
      const told = await agent.answered(503)
      t.equal(told.response.reason, 'All Lines Busy')
      t.equal(told.response.headers.get('Retry-After'), '3')
    },
  )
}

async function callingAgents(t: Test, open: Open): Promise<void> {
  await withPeers(t, open, 'an agent is called over its own connection', async (t, { bench, agent }) => {
    agent.send({ method: 'REGISTER', uri: 'sip:example.com', ...fromAgent })
    const register = await bench.asked('REGISTER')
    bench.edge.respond({ transaction: register.transaction, status: 200 })
    await agent.answered(200)
    const order = bench.send({
      method: 'INVITE',
      uri: 'sip:1001@df7jal23ls0d.invalid;transport=ws',
      ...(register.origin.flow !== undefined && { flow: register.origin.flow }),
      body: offer,
    })
    const onAgent = await agent.asked('INVITE')
    t.equal(onAgent.request.uri, 'sip:1001@df7jal23ls0d.invalid;transport=ws')
    t.match(
      onAgent.request.headers.get('Contact'),
      /^<sip:(?:[^@>]*@)?door\.example\.com:8443;transport=ws>$/,
    )
    t.match(onAgent.request.headers.get('Via'), /^SIP\/2.0\/WS door\.example\.com:8443;/)
    agent.answer(onAgent, { status: 200, ...sdp(answer) })
    const { dialog = '' } = await bench.answered(order, 200)
    bench.edge.ack(dialog)
    const acked = await agent.next('ack')
    agent.send({ method: 'BYE', dialog: acked.dialog })
    t.equal((await bench.asked('BYE')).dialog, dialog)
  })
}

async function givingUp(t: Test, open: Open): Promise<void> {
  await withPeers(
    t,
    open,
    'a caller that cancels is told 487, and the call logic why',
    async (t, { bench, agent }) => {
      const placed = agent.send({ method: 'INVITE', uri: 'sip:9@door.example.com', ...sdp(offer) })
      const invite = await bench.asked('INVITE')
      bench.edge.respond({ transaction: invite.transaction, status: 180 })
      await agent.answered(180)
      agent.engine.cancel(placed.transaction, [['Reason', 'SIP;cause=487']])
      const cancel = await bench.next('cancel')
      t.strictSame(cancel, { kind: 'cancel', transaction: invite.transaction, reason: 'SIP;cause=487' })
      await agent.answered(487)
    },
  )

  await withPeers(
    t,
    open,
    'an answer after the caller has cancelled is no dialog',
    async (t, { bench, agent }) => {
      const placed = agent.send({ method: 'INVITE', uri: 'sip:9@door.example.com', ...sdp(offer) })
      const invite = await bench.asked('INVITE')
      bench.edge.respond({ transaction: invite.transaction, status: 180 })
      await agent.answered(180)
      agent.engine.cancel(placed.transaction)
      await bench.next('cancel')
      bench.edge.respond({ transaction: invite.transaction, status: 200, body: answer })
      await agent.answered(487)
      const order = bench.send({ method: 'BYE', dialog: invite.dialogToBe })
      t.equal((await bench.answered(order, 481)).local, true)
    },
  )

  await withPeers(t, open, 'an INVITE of ours is cancelled with its reason', async (t, { bench, server }) => {
    const order = bench.send({ method: 'INVITE', uri: `sip:x@127.0.0.1:${server.port}`, body: offer })
    const onServer = await server.asked('INVITE')
    server.answer(onServer, { status: 180 })
    await bench.answered(order, 180)
    bench.edge.cancel(order, 'SIP;cause=200;text="Call completed elsewhere"')
    const cancel = await server.next('cancel')
    t.equal(cancel.transaction, onServer.transaction)
    t.equal(cancel.request.headers.get('Reason'), 'SIP;cause=200;text="Call completed elsewhere"')
    t.equal((await bench.answered(order, 487)).local, false)
  })

  await withPeers(
    t,
    open,
    'an INVITE that is cancelled at once still ends once',
    async (t, { bench, server }) => {
      const order = bench.send({ method: 'INVITE', uri: `sip:x@127.0.0.1:${server.port}`, body: offer })
      bench.edge.cancel(order)
      const onServer = await server.asked('INVITE')
      server.answer(onServer, { status: 180 })
      await server.next('cancel')
      let final = await bench.next('response')
      if (final.response.status === 180) final = await bench.next('response')
      t.strictSame([final.transaction, final.response.status], [order, 487])
    },
  )
}
