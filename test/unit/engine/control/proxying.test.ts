import t from 'tap'
import type { EngineEvent } from '../../../../engine/api.ts'
import { response } from '../../../../engine/message/build.ts'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import type { ControlClient } from '../../../support/control-client.ts'
import { controlBench } from '../../../support/control-bench.ts'
import { incoming, source, type EngineCall, type FakeEngine } from '../../../support/fake-engine.ts'

/** What srf writes: plan, destinations, and a request whose headers are to be added. */
const order = (plan: string, ...destinations: readonly string[]): string =>
  `proxy|t1|${plan}|${destinations.join('|')}`
const text = 'INVITE sip:x SIP/2.0\r\nX-Added: yes\r\nTo: forged\r\n\r\n'
const fullSerial = '|fullResponse||serial||'

const said = (transaction: string, status: number, headers: readonly HeaderLine[] = []): EngineEvent => ({
  kind: 'response',
  transaction,
  response: response(status, headers),
  source: source({ address: '192.0.2.50', port: 5060 }),
})

/** An INVITE has been delivered, and the application orders that it be proxied. */
async function ordered(
  engine: FakeEngine,
  app: ControlClient,
  message: string,
  uri?: string,
): Promise<string> {
  const request = incoming('INVITE')
  engine.emit({
    kind: 'request',
    transaction: 't1',
    request: uri === undefined ? request : { ...request, uri },
    source: source(),
  })
  await app.next()
  const id = app.say(message, text)
  // Whatever follows has been worked on by the time of this reply.
  await app.ask('ping')
  return id
}

const forwards = (engine: FakeEngine): readonly Extract<EngineCall, { kind: 'forward' }>[] =>
  engine.calls.filter(call => call.kind === 'forward')

t.test('each final response is told, and the end', async t => {
  const { engine, app } = await controlBench(t)
  const client = await app(['invite'])
  const id = await ordered(engine, client, order(fullSerial, 'sip:10.1.1.1', 'sip:10.1.1.2'))
  t.match(forwards(engine), [{ of: 't1', parts: { nextHop: 'sip:10.1.1.1', stay: false } }])
  engine.emit(said('c1', 100))
  engine.emit(said('c1', 486))
  engine.emit(said('c2', 180))
  engine.emit(said('c2', 200))
  const busy = await client.find(({ fields }) => fields[2] === id)
  t.strictSame(busy.fields.slice(1, 5), ['response', id, 'OK', 'network'])
  t.strictSame(busy.fields.slice(6, 9), ['udp', '192.0.2.50', '5060'])
  t.equal(busy.fields[12], 'continue')
  t.match(busy.text, /^SIP\/2.0 486 /)
  const ok = await client.find(({ fields }) => fields[2] === id)
  t.match(ok.text, /^SIP\/2.0 200 /)
  t.strictSame((await client.find(({ fields }) => fields[2] === id)).fields.slice(3), ['OK', 'done'])
  t.match(forwards(engine)[1], { transaction: 'c2', parts: { nextHop: 'sip:10.1.1.2' } })
  t.notOk(
    engine.calls.some(({ kind }) => kind === 'relay' || kind === 'respond'),
    'the engine passes 2xx back',
  )
})

t.test('without fullResponse only the end is told, and the best refusal goes back', async t => {
  const { engine, app } = await controlBench(t)
  const client = await app(['invite'])
  const id = await ordered(engine, client, order('|||simultaneous||', 'sip:10.1.1.1', 'sip:10.1.1.2'))
  engine.emit(said('c1', 404))
  engine.emit(said('c2', 407, [['Proxy-Authenticate', 'Digest realm="x"']]))
  t.strictSame((await client.find(({ fields }) => fields[2] === id)).fields.slice(3), ['OK', 'done'])
  t.match(engine.calls.at(-1), { kind: 'relay', transaction: 't1', response: { status: 407 } })
})

t.test('challenges of several targets are told together', async t => {
  const { engine, app } = await controlBench(t)
  const client = await app(['invite'])
  const id = await ordered(engine, client, order('|||simultaneous||', 'sip:10.1.1.1', 'sip:10.1.1.2'))
  engine.emit(said('c1', 401, [['WWW-Authenticate', 'Digest realm="a"']]))
  engine.emit(
    said('c2', 407, [
      ['Proxy-Authenticate', 'Digest realm="b"'],
      ['X-Other', 'stays there'],
    ]),
  )
  await client.find(({ fields }) => fields[2] === id)
  const told = engine.calls.at(-1)
  t.strictSame(told?.kind === 'relay' && told.response.headers.lines, [
    ['WWW-Authenticate', 'Digest realm="a"'],
    ['Proxy-Authenticate', 'Digest realm="b"'],
  ])
})

t.test(
  'a Request-URI that means us is replaced by the target; any other stays, and the target is the next hop',
  async t => {
    for (const [uri, parts] of [
      ['sip:bob@203.0.113.5', { uri: 'sip:10.1.1.1', nextHop: undefined }],
      ['sip:bob@10.0.0.4:5060', { uri: 'sip:10.1.1.1', nextHop: undefined }],
      ['sip:bob@example.com', { uri: undefined, nextHop: 'sip:10.1.1.1' }],
    ] as const) {
      const { engine, app } = await controlBench(t)
      const client = await app(['invite'])
      await ordered(engine, client, order('remainInDialog|fullResponse||serial||', '10.1.1.1'), uri)
      t.match(forwards(engine), [{ parts: { ...parts, stay: true, headers: [['X-Added', 'yes']] } }], uri)
    }
  },
)

t.test('a target that says nothing in time is cancelled, then the next is asked', async t => {
  const { engine, app, clock } = await controlBench(t)
  const client = await app(['invite'])
  const id = await ordered(engine, client, order('|||serial|500ms|2s', 'sip:10.1.1.1', 'sip:10.1.1.2'))
  clock.advance(499)
  t.equal(forwards(engine).length, 1)
  clock.advance(1)
  t.match(engine.calls.slice(1), [
    { kind: 'cancel', transaction: 'c1' },
    { kind: 'forward', transaction: 'c2' },
  ])
  engine.emit(said('c2', 180))
  clock.advance(2000)
  t.match(engine.calls.slice(3), [
    { kind: 'cancel', transaction: 'c2' },
    { kind: 'respond', transaction: 't1', parts: { status: 408 } },
  ])
  t.strictSame((await client.find(({ fields }) => fields[2] === id)).fields.slice(3), ['OK', 'done'])
  engine.emit(said('c2', 487))
  t.equal(engine.calls.length, 5, 'what comes late changes nothing')
})

t.test('redirections are followed when that is asked for, best first', async t => {
  const { engine, app } = await controlBench(t)
  const client = await app(['invite'])
  await ordered(
    engine,
    client,
    order('|||followRedirects|serial||', 'sip:10.1.1.1').replace('|||follow', '||follow'),
  )
  engine.emit(
    said('c1', 302, [['Contact', '<sip:10.1.1.2>;q=0.5, <sip:10.1.1.3>;q=0.9, <tel:1>, <https://x>']]),
  )
  engine.emit(said('c2', 404))
  t.strictSame(
    forwards(engine).map(({ parts }) => parts.nextHop),
    ['sip:10.1.1.1', 'sip:10.1.1.3', 'sip:10.1.1.2'],
  )
})

t.test('when the caller hangs up the targets are cancelled', async t => {
  const { engine, app } = await controlBench(t)
  const client = await app(['invite'])
  const id = await ordered(engine, client, order(fullSerial, 'sip:10.1.1.1', 'sip:10.1.1.2'))
  engine.emit({ kind: 'cancel', transaction: 't1', request: incoming('CANCEL'), source: source() })
  t.match(engine.calls.at(-1), { kind: 'cancel', transaction: 'c1' })
  engine.emit(said('c1', 487))
  t.match(engine.calls.at(-1), { kind: 'relay', response: { status: 487 } })
  t.match((await client.find(({ fields }) => fields[2] === id)).text, /^SIP\/2.0 487 /)
  t.equal(forwards(engine).length, 1)
})

t.test('targets that cannot be reached are passed over', async t => {
  const { engine, app } = await controlBench(t)
  const client = await app(['invite'])
  const targets = ['sip:10.1.1.1;transport=tcp', 'tel:123', 'sip:10.0.0.4:5060', 'sip:10.1.1.2']
  await ordered(engine, client, order(fullSerial, ...targets))
  t.match(forwards(engine), [{ parts: { nextHop: 'sip:10.1.1.2' } }])
  engine.emit(said('c1', 503))
  t.match(
    engine.calls.at(-1),
    { kind: 'respond', parts: { status: 500 } },
    '503 would keep callers away from us',
  )
})

t.test('a proxied request goes on when its application is gone', async t => {
  const { engine, app } = await controlBench(t)
  const client = await app(['invite'])
  await ordered(engine, client, order(fullSerial, 'sip:10.1.1.1', 'sip:10.1.1.2'))
  await client.close()
  engine.emit(said('c1', 486))
  t.match(engine.calls.slice(1), [{ kind: 'forward', transaction: 'c2' }])
})

const refused = async (asker: ControlClient, message: string): Promise<readonly string[]> =>
  (await asker.ask(message, text)).fields.slice(3)

t.test('only a request that waits for an answer can be proxied', async t => {
  const { engine, app } = await controlBench(t)
  const [client, other] = [await app(['invite']), await app([])]
  t.strictSame(await refused(client, order(fullSerial, 'sip:x')), ['NOK', 'Unknown transaction id: t1'])
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: source() })
  await client.next()
  t.strictSame(await refused(other, order(fullSerial, 'sip:x')), ['NOK', 'Unknown transaction id: t1'])
  t.strictSame(await refused(client, order(fullSerial)), ['NOK', 'proxy needs a destination'])
  engine.emit({ kind: 'cancel', transaction: 't1', request: incoming('CANCEL'), source: source() })
  t.strictSame(await refused(client, order(fullSerial, 'sip:x')), ['NOK', 'Unknown transaction id: t1'])
  t.strictSame(forwards(engine), [])
})
