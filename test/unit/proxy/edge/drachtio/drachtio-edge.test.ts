import t, { type Test } from 'tap'
import type { Transports } from '../../../../../engine/transport/transport.ts'
import { createDrachtioEdge } from '../../../../../proxy/edge/drachtio/drachtio-edge.ts'
import type { EdgeEvent, SipEdge } from '../../../../../proxy/ports.ts'
import { silentLog, type Log } from '../../../../../runtime/log.ts'
import { FakeDrachtio, type Said } from '../../../../support/fake-drachtio.ts'
import { Mailbox } from '../../../../support/mailbox.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

const deadlineMs = 2000
const invite = { transaction: 'o1', method: 'INVITE', uri: 'sip:x@192.0.2.9' }

/** A relay that no agent ever meets. */
const noAgents: Transports = {
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  listeners: () => [],
  route: () => undefined,
  send: () => undefined,
  closeFlow: () => undefined,
}

interface Bench {
  readonly server: FakeDrachtio
  readonly edge: SipEdge
  readonly clock: ManualClock
  readonly told: Mailbox<EdgeEvent>
  /** What the edge writes to its log. */
  readonly logged: Mailbox<{ readonly kind: string }>
}

function edgeAt(port: number, clock = new ManualClock(), log: Log = silentLog): SipEdge {
  const agents = { transports: noAgents, face: { host: 'door.example.com', port: 8443 } }
  return createDrachtioEdge({
    host: '127.0.0.1',
    port,
    secret: 'x',
    agents,
    faces: { inside: { host: '10.0.0.4', port: 5060 }, trunk: { host: '0.0.0.0', port: 5080 } },
    clock,
    log,
    deadlineMs,
  })
}

async function bench(t: Test): Promise<Bench> {
  const server = await FakeDrachtio.open()
  const clock = new ManualClock()
  const logged = new Mailbox<{ readonly kind: string }>()
  const edge = edgeAt(server.port, clock, { ...silentLog, info: kind => logged.put({ kind }) })
  const told = new Mailbox<EdgeEvent>()
  await edge.start(event => told.put(event))
  t.teardown(async () => {
    await edge.stop()
    await server.stop()
  })
  return { server, edge, clock, told, logged }
}

/** An INVITE of ours of which the server has said that it was sent. */
async function placed({ server, edge }: Bench): Promise<Said> {
  edge.request(invite)
  const said = await server.said.next('sip')
  server.sent(said, 't1')
  return said
}

t.test('a server that is not there is named, with the setting', async t => {
  const server = await FakeDrachtio.open()
  const { port } = server
  await server.stop()
  await t.rejects(
    edgeAt(port).start(() => undefined),
    {
      code: 'E_DRACHTIO_UNREACHABLE',
      message: new RegExp(`127.0.0.1:${port} .*signalling.drachtio.host`),
    },
  )
})

t.test('a server that offers agents no way in is refused, and told goodbye', async t => {
  const server = await FakeDrachtio.open('udp/10.0.0.4:5060')
  t.teardown(() => server.stop())
  await t.rejects(
    edgeAt(server.port).start(() => undefined),
    {
      code: 'E_DRACHTIO_UNREACHABLE',
      message: /ws listener for agents/,
    },
  )
})

t.test('every method is routed before anything is told', async t => {
  const { server } = await bench(t)
  const verbs = []
  for (let count = 0; count < 11; count += 1) verbs.push((await server.said.next('route')).fields[2])
  t.strictSame(
    new Set(verbs),
    new Set('invite register options bye info message update refer notify subscribe publish'.split(' ')),
  )
})

t.test(
  'an order that the server never confirms ends in 503, and is cancelled when it was sent after all',
  async t => {
    const { server, edge, clock, told } = await bench(t)
    edge.request(invite)
    const said = await server.said.next('sip')
    clock.advance(deadlineMs)
    t.match(await told.next('response'), { transaction: 'o1', response: { status: 503 }, local: true })
    server.sent(said, 't1')
    const cancel = await server.said.next('sip')
    t.match(cancel.text, /^CANCEL /)
    t.equal(cancel.fields[2], 't1')
  },
)

t.test('an answer that comes after the end is acknowledged and hung up', async t => {
  const here = await bench(t)
  const { server, edge, clock, told } = here
  await placed(here)
  edge.cancel('o1')
  t.match((await server.said.next('sip')).text, /^CANCEL /)
  clock.advance(40_000)
  t.match(await told.next('response'), { response: { status: 408 }, local: true })
  t.match((await server.said.next('sip')).text, /^CANCEL /, 'once more')
  server.response('t1', 'call;from-tag=f', 'SIP/2.0 200 OK\r\nContact: <sip:x@192.0.2.9>')
  const ack = await server.said.next('sip')
  const bye = await server.said.next('sip')
  t.match([ack.text, bye.text], [/^ACK /, /^BYE sip:placeholder /])
  t.equal(bye.fields[3], 'call;from-tag=f')
  t.strictSame(told.kinds(), [])
})

t.test('a provisional response gives a ringing INVITE more time', async t => {
  const here = await bench(t)
  const { server, clock, told } = here
  await placed(here)
  server.response('t1', '', 'SIP/2.0 180 Ringing')
  await told.next('response')
  clock.advance(180_000)
  server.response('t1', '', 'SIP/2.0 486 Busy Here')
  t.match(await told.next('response'), { response: { status: 486 }, local: false })
})

t.test('a 2xx that the server could not deliver ends its dialog', async t => {
  const { server, edge, told } = await bench(t)
  server.request('t9', '', 'INVITE sip:x@h SIP/2.0')
  const { dialogToBe } = await told.next('request')
  edge.respond({ transaction: 't9', status: 200 })
  const { id } = await server.said.next('sip')
  server.say(`response|${id}|NOK|transport for response has been shutdown or closed`)
  t.match(await told.next('dialog-ended'), { dialog: dialogToBe, reason: /shutdown or closed/ })
})

t.test(
  'a 2xx of which the server says nothing ends its dialog too, and is hung up when it went out',
  async t => {
    const { server, edge, clock, told } = await bench(t)
    server.request('t9', '', 'INVITE sip:x@h SIP/2.0')
    await told.next('request')
    edge.respond({ transaction: 't9', status: 200 })
    const { id } = await server.said.next('sip')
    clock.advance(deadlineMs)
    const { dialog } = await told.next('dialog-ended')
    server.say(
      `response|${id}|OK|application|1|udp|192.0.2.9|5060|12:00:00.000000|t9|${dialog}||Msg sent:|`,
      'SIP/2.0 200 OK\r\n\r\n',
    )
    t.match(await server.said.next('sip'), { text: /^BYE /, fields: { 3: dialog } })
  },
)

t.test('only the ACK of a 2xx is told', async t => {
  const { server, edge, told } = await bench(t)
  server.request('t9', '', 'INVITE sip:x@h SIP/2.0')
  const { dialogToBe } = await told.next('request')
  server.request('t0', dialogToBe, 'ACK sip:x@h SIP/2.0')
  server.request('t8', '', 'OPTIONS sip:x@h SIP/2.0')
  await told.next('request')
  t.strictSame(told.kinds(), [], 'nothing was to be acknowledged')
  edge.respond({ transaction: 't9', status: 200 })
  await server.said.next('sip')
  server.request('t0', dialogToBe, 'ACK sip:x@h SIP/2.0')
  t.equal((await told.next('ack')).dialog, dialogToBe)
})

t.test('a BYE that the server sent by itself is the end of the dialog, with its reason', async t => {
  const { server, told } = await bench(t)
  const bye =
    'BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCall-ID: c\r\nReason: SIP ;cause=200 ;text="ACK timeout"\r\n\r\n'
  server.say('sip|application|1|udp|10.0.0.4|5060|12:00:00.000000|unsolicited|d1|', bye)
  t.strictSame(await told.next('dialog-ended'), { kind: 'dialog-ended', dialog: 'd1', reason: 'ACK timeout' })
})

t.test('a status that drachtio-srf does not know becomes the first of its class', async t => {
  const { server, edge, told } = await bench(t)
  server.request('t9', '', 'INVITE sip:x@h SIP/2.0')
  await told.next('request')
  edge.respond({ transaction: 't9', status: 499, reason: 'Odd' })
  t.match((await server.said.next('sip')).text, /^SIP\/2.0 400 Odd\r\n/)
})

t.test('text that is no SIP request is refused here', async t => {
  const { server, told } = await bench(t)
  server.request('t9', '', 'OPTIONS sip:x@h SIP/2.0\r\nCSeq: 1 INVITE')
  const said = await server.said.next('sip')
  t.match(said, { text: /^SIP\/2.0 400 /, fields: { 2: 't9' } })
  t.strictSame(told.kinds(), [])
})

t.test('when the connection is lost everything open ends, and the edge comes back', async t => {
  const here = await bench(t)
  const { server, edge, clock, told, logged } = here
  server.request('t9', '', 'INVITE sip:x@h SIP/2.0')
  await told.next('request')
  await placed(here)
  await logged.next('edge.connected')
  server.cut()
  t.match(await told.next('response'), { transaction: 'o1', response: { status: 503 }, local: true })
  t.match(await told.next('cancel'), { transaction: 't9' })
  edge.request({ transaction: 'o2', method: 'OPTIONS', uri: 'sip:x@192.0.2.9' })
  t.match(await told.next('response'), { transaction: 'o2', response: { status: 503 }, local: true })
  clock.advance(250)
  await logged.next('edge.connected')
  edge.request({ transaction: 'o3', method: 'OPTIONS', uri: 'sip:x@192.0.2.9' })
  server.sent(await server.said.next('sip'), 't3')
  server.response('t3', '', 'SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS')
  t.match(await told.next('response'), { transaction: 'o3', response: { status: 200 }, local: false })
})
