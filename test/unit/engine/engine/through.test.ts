import t from 'tap'
import { sdp } from '../../../support/engine-pair.ts'
import { called, proxyBed, toBob } from '../../../support/proxy-bed.ts'

t.test(
  'a proxy that stays carries ACK, re-INVITE, INFO and BYE of both sides without its application',
  async t => {
    const made = await proxyBed()
    const { caller, proxy, bob, deliver, network, rest } = made
    const id = called(made)
    proxy.engine.forward(id, { ...toBob, stay: true })
    deliver()
    bob.engine.respond(bob.take('request').transaction, { status: 200, ...sdp })
    deliver()
    const { dialog = '' } = caller.take('response')
    proxy.take('response')
    const hops: string[] = []
    network.watch(({ from, text }) => hops.push(`${from.slice(-1)} ${text.split(' ', 2).join(' ')}`))
    caller.engine.ack(dialog)
    deliver()
    bob.take('ack')
    for (const [from, to] of [
      [caller, bob],
      [bob, caller],
    ] as const) {
      from.engine.request({ method: 'INVITE', dialog, ...sdp })
      deliver()
      to.engine.respond(to.take('request').transaction, { status: 200, ...sdp })
      deliver()
      from.engine.ack(from.take('response').dialog ?? '')
      deliver()
      to.take('ack')
    }
    bob.engine.request({ method: 'BYE', dialog })
    deliver()
    const bye = caller.take('request')
    t.equal(bye.request.headers.all('Via').length, 2)
    t.equal(bye.request.headers.has('Route'), false, 'we took ourselves out')
    caller.engine.respond(bye.transaction, { status: 200 })
    deliver()
    t.equal(bob.take('response').response.status, 200)
    t.strictSame(hops.slice(0, 2), ['1 ACK sip:bob@10.0.0.3:5060', '2 ACK sip:bob@10.0.0.3:5060'])
    t.equal(hops.filter(hop => hop.startsWith('2')).length * 2, hops.length, 'every message passed the proxy')
    t.strictSame([proxy.left('request'), proxy.left('response'), proxy.left('ack')], [0, 0, 0])
    rest(t)
  },
)

t.test('nobody can have requests sent through us by naming us in a Route', async t => {
  const made = await proxyBed()
  const { caller, proxy, bob, deliver, network } = made
  proxy.engine.forward(called(made), { ...toBob, stay: true })
  deliver()
  const route = bob.take('request').request.headers.get('Record-Route') ?? ''
  t.match(route, /^<sip:10.0.0.2:5060;lr;p-mark=[0-9a-f]{16}>$/)
  const ask = (callId: string, value: string): number | undefined => {
    const seen = network.packets.length
    caller.engine.request({
      method: 'INFO',
      uri: 'sip:victim@10.0.0.4',
      nextHop: 'sip:10.0.0.2',
      headers: [
        ['Route', value],
        ['Call-ID', callId],
        ['To', '<sip:x@x>;tag=1'],
      ],
    })
    deliver()
    return network.packets.length - seen === 2 ? caller.take('response').response.status : undefined
  }
  t.equal(ask('another', route), 481, 'the mark is good for one call only')
  t.equal(ask('another', '<sip:10.0.0.2;lr>'), 481)
  t.equal(ask('another', route.replace(/p-mark=\w+/, 'p-mark=0123456789abcdef')), 481)
})

t.test('a connection is found again by what we wrote into Record-Route', async t => {
  const made = await proxyBed()
  const { caller, proxy, bob, deliver, network, rest } = made
  const { server } = network.connect(bob.transports, proxy.transports)
  proxy.engine.forward(called(made), { flow: server, stay: true })
  deliver()
  const invite = bob.take('request')
  t.equal(invite.source.transport, 'wss')
  t.equal(invite.request.headers.all('Record-Route').length, 2, 'one for each side')
  bob.engine.respond(invite.transaction, {
    status: 200,
    headers: [...sdp.headers, ['Contact', '<sip:bob@abc.invalid;transport=ws>']],
    body: sdp.body,
  })
  deliver()
  const { dialog = '' } = caller.take('response')
  caller.engine.ack(dialog)
  deliver()
  t.equal(bob.take('ack').source.transport, 'wss')
  bob.engine.request({ method: 'BYE', dialog })
  deliver()
  const bye = caller.take('request')
  t.equal(bye.source.transport, 'udp')
  caller.engine.respond(bye.transaction, { status: 200 })
  deliver()
  t.equal(bob.take('response').response.status, 200)
  rest(t)
})

t.test('when that connection is gone the caller hears 430', async t => {
  const made = await proxyBed()
  const { caller, proxy, bob, deliver, network } = made
  const { server } = network.connect(bob.transports, proxy.transports)
  proxy.engine.forward(called(made), { flow: server, stay: true })
  deliver()
  bob.engine.respond(bob.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const { dialog = '' } = caller.take('response')
  caller.engine.ack(dialog)
  proxy.engine.closeFlow(server)
  deliver()
  caller.engine.request({ method: 'INFO', dialog })
  deliver()
  t.equal(caller.take('response').response.status, 430)
})

t.test('a CANCEL of a re-INVITE goes through by itself', async t => {
  const made = await proxyBed()
  const { caller, proxy, bob, deliver, rest } = made
  proxy.engine.forward(called(made), { ...toBob, stay: true })
  deliver()
  bob.engine.respond(bob.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const { dialog = '' } = caller.take('response')
  caller.engine.ack(dialog)
  deliver()
  const again = caller.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  bob.engine.respond(bob.take('request').transaction, { status: 180 })
  deliver()
  caller.take('response')
  caller.engine.cancel(again.ok ? again.transaction : '')
  deliver()
  t.equal(bob.left('cancel'), 1)
  t.equal(caller.take('response').response.status, 487)
  t.equal(proxy.left('cancel'), 0)
  caller.engine.request({ method: 'BYE', dialog })
  deliver()
  bob.engine.respond(bob.take('request').transaction, { status: 200 })
  deliver()
  rest(t)
})
