import { once } from 'node:events'
import t from 'tap'
import { controlDefaults } from '../../../../engine/control/control-options.ts'
import { controlBench as bench } from '../../../support/control-bench.ts'
import { ControlClient } from '../../../support/control-client.ts'
import { incoming, source } from '../../../support/fake-engine.ts'

t.test('authenticate tells the listeners and the version', async t => {
  const { port } = await bench(t)
  const client = await ControlClient.open(port)
  const { fields } = await client.ask('authenticate|cymru|tag')
  t.strictSame(fields.slice(3), [
    'OK',
    'udp/203.0.113.5:5060,udp/127.0.0.1:5070,ws/203.0.113.5:8088',
    'v0.9.5',
    'udp/10.0.0.4:5060,udp/127.0.0.1:5070,ws/10.0.0.4:8088',
  ])
  await client.close()
})

for (const [name, message, refusal] of [
  ['a wrong secret', 'authenticate|wrong|', 'incorrect secret'],
  ['a message before authentication', 'route|invite', 'not authenticated'],
  ['a request before authentication', 'sip||', 'not authenticated'],
] as const) {
  t.test(`${name} is refused and the connection closed`, async t => {
    const { port, engine } = await bench(t)
    const client = await ControlClient.open(port)
    const closed = once(client.socket, 'close')
    const { fields } = await client.ask(message, 'OPTIONS sip:x SIP/2.0\r\n\r\n')
    t.strictSame(fields.slice(3), ['NO', refusal])
    await closed
    t.strictSame(engine.calls, [])
  })
}

t.test('a connection that stays silent is closed', async t => {
  const { port, clock } = await bench(t)
  const client = await ControlClient.open(port)
  const other = await ControlClient.ready(port, 'cymru', [])
  clock.advance(controlDefaults.authenticateMs)
  await once(client.socket, 'close')
  t.strictSame((await other.ask('ping')).fields.slice(3), ['OK', 'pong'], 'the other one stays')
  await other.close()
})

t.test('what is not offered is refused in words', async t => {
  const { app } = await bench(t)
  const client = await app([])
  t.match((await client.ask('proxy|t1|||serial|||sip:x', 'INVITE sip:x SIP/2.0\r\n\r\n')).fields, {
    3: 'NOK',
  })
  t.match((await client.ask('route|cdr:start')).fields, { 3: 'NO' })
  t.match((await client.ask('sip||', 'nonsense\r\n\r\n')).fields, { 3: 'NO' })
  t.match((await client.ask('sip||', 'SIP/2.0 200 OK\r\n\r\n')).fields, {
    3: 'NO',
    4: 'transaction id missing',
  })
  t.match((await client.ask('dance')).fields, { 3: 'NO', 4: 'Unknown message type' })
})

t.test('a stream that is no stream of frames is closed', async t => {
  const { port } = await bench(t)
  const client = await ControlClient.open(port)
  client.socket.write('GET / HTTP/1.1\r\n\r\n')
  await once(client.socket, 'close')
})

t.test('the number of connections is limited', async t => {
  const { port, app } = await bench(t, { limits: { apps: 1 } })
  const first = await app([])
  const second = await ControlClient.open(port)
  await once(second.socket, 'close')
  t.match((await first.ask('ping')).fields, { 4: 'pong' })
})

t.test('a request for which nobody asked gets 503', async t => {
  const { engine, app } = await bench(t)
  await app(['register'])
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: source() })
  t.match(engine.calls, [{ kind: 'respond', transaction: 't1', parts: { status: 503 } }])
})

t.test('a request is delivered with its origin, our address and its connection', async t => {
  const { engine, app } = await bench(t)
  const client = await app(['invite'])
  const from = source({ transport: 'ws', flow: 'f1', listener: 'agents' })
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: from })
  const { fields, text } = await client.next()
  t.match(text, /^INVITE sip:door@example.com SIP\/2.0\r\nVia: .*\r\n\r\n$/s)
  t.strictSame(fields.slice(1, 4), ['sip', 'network', String(Buffer.byteLength(text))])
  t.strictSame(fields.slice(4, 7), ['ws', '192.0.2.9', '5062'])
  t.strictSame(fields.slice(8), ['t1', '', '10.0.0.4', '8088', 'f1'])
})

t.test('requests are dealt out in turn, a dialog stays with its application', async t => {
  const { engine, app } = await bench(t)
  const apps = [await app(['invite', 'info']), await app(['invite', 'info'])]
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: source() })
  engine.emit({ kind: 'request', transaction: 't2', request: incoming('INVITE'), source: source() })
  const [one, two] = await Promise.all(apps.map(client => client.next()))
  t.strictSame(new Set([one?.fields[8], two?.fields[8]]), new Set(['t1', 't2']))
  const owner = apps[one?.fields[8] === 't1' ? 0 : 1]
  const reply = await owner?.ask('sip|t1|', 'SIP/2.0 200 OK\r\n\r\n')
  t.equal(reply?.fields[11], 'call;from-tag=t1')
  for (const transaction of ['t3', 't4']) {
    engine.emit({
      kind: 'request',
      transaction,
      dialog: 'call;from-tag=t1',
      request: incoming('INFO'),
      source: source(),
    })
    const told = await owner?.next()
    t.strictSame(told?.fields.slice(8), [transaction, 'call;from-tag=t1', ''])
  }
})

t.test('the reply to a request comes before anything that the request caused', async t => {
  const { engine, app } = await bench(t)
  const client = await app([])
  engine.duringRequest = transaction => ({
    kind: 'response',
    transaction,
    response: {
      kind: 'response',
      status: 503,
      reason: 'x',
      headers: incoming('BYE').headers,
      body: Buffer.alloc(0),
    },
  })
  const id = client.say('sip||', 'OPTIONS sip:a@192.0.2.9 SIP/2.0\r\n\r\n')
  const first = await client.find(() => true)
  t.strictSame(first.fields.slice(1, 5), ['response', id, 'OK', 'application'])
  const second = await client.find(() => true)
  t.strictSame(second.fields.slice(1, 5), ['sip', 'network', '0', 'unknown'])
  t.equal(second.fields[8], first.fields[10], 'of the same transaction')
})

t.test('refused orders say what a drachtio-server would say', async t => {
  const { engine, app } = await bench(t)
  const client = await app([])
  const say = async (leader: string, text: string): Promise<readonly string[]> =>
    (await client.ask(leader, `${text}\r\n\r\n`)).fields.slice(3)
  t.strictSame(await say('sip|gone|', 'SIP/2.0 200 OK'), [
    'NOK',
    'Response not sent due to unknown transaction',
  ])
  t.strictSame(await say('sip|gone|', 'CANCEL sip:x SIP/2.0'), [
    'NOK',
    'unable to cancel unknown transaction id: gone',
  ])
  t.match(await say('sip||', 'ACK sip:x SIP/2.0'), ['NOK', /automatically generated by server$/])
  t.match(await say('sip||', 'OPTIONS sip:a@h;transport=tcp SIP/2.0'), [
    'NOK',
    'requested protocol/transport not available',
  ])
  t.match(await say('sip||', 'OPTIONS sip:a@10.0.0.4 SIP/2.0'), ['NOK', 'can not send request to myself'])
  t.match(await say('sip||', 'OPTIONS nonsense SIP/2.0'), ['NOK', /^invalid request-uri/])
  t.strictSame(engine.calls, [], 'the engine was not troubled')
  engine.refusal = 'unknown-dialog'
  t.match(await say('sip||d1', 'BYE sip:placeholder SIP/2.0'), ['NOK', /unable to find dialog/])
})

t.test('a next hop that names a connection leads over that connection', async t => {
  const { engine, app } = await bench(t)
  const client = await app(['register'])
  const from = source({ transport: 'ws', flow: 'f1', listener: 'agents' })
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('REGISTER'), source: from })
  await client.next()
  const invite = 'INVITE sip:a@x.invalid SIP/2.0\r\nContact: <sip:door@localhost>\r\n\r\n'
  await client.ask('sip|||sip:192.0.2.9:5062;transport=ws', invite)
  t.match(engine.calls, [{ parts: { flow: 'f1', uri: 'sip:a@x.invalid' } }])
  const call = engine.calls[0]
  t.match(call?.kind === 'request' && call.parts.headers?.find(([name]) => name === 'Contact'), [
    'Contact',
    '<sip:door@203.0.113.5:8088;transport=ws>',
  ])
})

t.test('an application may cancel its own INVITE only', async t => {
  const { engine, app } = await bench(t)
  const [one, two] = [await app([]), await app([])]
  const sent = await one.ask('sip||', 'INVITE sip:a@192.0.2.9 SIP/2.0\r\n\r\n')
  const transaction = sent.fields[10] ?? ''
  t.match((await two.ask(`sip|${transaction}|`, 'CANCEL sip:x SIP/2.0\r\n\r\n')).fields, { 3: 'NOK' })
  const cancelled = await one.ask(
    `sip|${transaction}|`,
    'CANCEL sip:x SIP/2.0\r\nReason: SIP;cause=200\r\n\r\n',
  )
  t.strictSame(cancelled.fields.slice(9), [cancelled.fields[9], transaction, 'Msg sent:', ''])
  t.match(cancelled.text, /^CANCEL sip:a@192.0.2.9 SIP\/2.0\r\n.*CSeq: 1 CANCEL\r\n/s)
  t.match(engine.calls.at(-1), { kind: 'cancel', headers: [['Reason', 'SIP;cause=200']] })
})

t.test('a CANCEL, an ACK and a BYE of ours are told with their ids', async t => {
  const { engine, app } = await bench(t)
  const client = await app(['invite', 'bye'])
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: source() })
  await client.next()
  engine.emit({ kind: 'cancel', transaction: 't1', request: incoming('CANCEL'), source: source() })
  t.strictSame((await client.next()).fields.slice(8), ['t1', '', ''])
  const late = await client.ask('sip|t1|', 'SIP/2.0 200 OK\r\n\r\n')
  t.match(late.fields, { 3: 'NOK' }, 'a late answer is refused')

  engine.emit({ kind: 'request', transaction: 't2', request: incoming('INVITE'), source: source() })
  await client.next()
  await client.ask('sip|t2|', 'SIP/2.0 200 OK\r\n\r\n')
  const dialog = 'call;from-tag=t2'
  engine.emit({ kind: 'ack', transaction: 't2', dialog, request: incoming('ACK'), source: source() })
  t.strictSame((await client.next()).fields.slice(8), ['t2', dialog, ''])
  engine.emit({ kind: 'dialog-ended', dialog, reason: 'ack-timeout', request: incoming('BYE') })
  const ended = await client.next()
  t.strictSame([ended.fields[2], ...ended.fields.slice(8)], ['application', 'unsolicited', dialog, ''])
})

t.test('when an application is gone its callers get 503 and its callees are let go', async t => {
  const { engine, app } = await bench(t)
  const client = await app(['invite'])
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: source() })
  await client.next()
  await client.ask('sip||', 'INVITE sip:a@192.0.2.9 SIP/2.0\r\n\r\n')
  await client.close()
  t.match(engine.calls.slice(1), [
    { kind: 'respond', transaction: 't1', parts: { status: 503 } },
    { kind: 'cancel', transaction: 'c1' },
  ])
  engine.emit({
    kind: 'response',
    transaction: 'c1',
    dialog: 'd1',
    response: {
      kind: 'response',
      status: 200,
      reason: 'OK',
      headers: incoming('INVITE').headers,
      body: Buffer.alloc(0),
    },
  })
  t.match(engine.calls.slice(3), [
    { kind: 'ack', dialog: 'd1' },
    { kind: 'request', parts: { method: 'BYE', dialog: 'd1' } },
  ])
})

t.test('the dialogs of an application are its own again when it comes back', async t => {
  const { engine, app } = await bench(t)
  const before = await app(['invite', 'bye'])
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: source() })
  await before.next()
  await before.ask('sip|t1|', 'SIP/2.0 200 OK\r\n\r\n')
  await before.close()
  const after = await app(['invite', 'bye'])
  const dialog = 'call;from-tag=t1'
  engine.emit({ kind: 'request', transaction: 't2', dialog, request: incoming('BYE'), source: source() })
  t.strictSame((await after.next()).fields.slice(8), ['t2', dialog, ''])
})

t.test('an application that gives no first response in time is answered for', async t => {
  const { engine, app, clock } = await bench(t)
  const client = await app(['invite'])
  for (const transaction of ['t1', 't2']) {
    engine.emit({ kind: 'request', transaction, request: incoming('INVITE'), source: source() })
    await client.next()
  }
  await client.ask('sip|t2|', 'SIP/2.0 180 Ringing\r\n\r\n')
  clock.advance(controlDefaults.firstResponseMs + 1000)
  const answered = engine.calls.filter(({ kind }) => kind === 'respond')
  t.match(answered, [
    { transaction: 't2', parts: { status: 180 } },
    { transaction: 't1', parts: { status: 480 } },
  ])
  t.equal(answered.length, 2)
})

t.test('an application that does not read is cut off', async t => {
  const { engine, app } = await bench(t, { limits: { outboxBytes: 100_000 } })
  const client = await app(['message'])
  client.socket.pause()
  const closed = once(client.socket, 'close')
  const big = incoming('MESSAGE', [['X-Filler', 'x'.repeat(60_000)]])
  for (let count = 0; count < 200; count += 1) {
    engine.emit({ kind: 'request', transaction: `t${count}`, request: big, source: source() })
  }
  t.ok(engine.calls.some(call => call.kind === 'respond' && call.parts.status === 503))
  client.socket.resume()
  await closed
})
