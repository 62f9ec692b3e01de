import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { EngineEvent } from '../../../../../engine/api.ts'
import { response } from '../../../../../engine/message/build.ts'
import { createDirectEdge } from '../../../../../proxy/edge/direct/direct-edge.ts'
import type { EdgeEvent, SipEdge } from '../../../../../proxy/ports.ts'
import { silentLog } from '../../../../../runtime/log.ts'
import { FakeEngine, incoming, source } from '../../../../support/fake-engine.ts'

async function bench(): Promise<{ engine: FakeEngine; edge: SipEdge; told: EdgeEvent[] }> {
  const engine = new FakeEngine()
  const edge = createDirectEdge({ engine, listeners: { inside: 'inside', trunk: 'trunk' }, log: silentLog })
  const told: EdgeEvent[] = []
  await edge.start(event => told.push(event))
  await setImmediate()
  return { engine, edge, told }
}

const answer = (transaction: string, status: number, dialog?: string): EngineEvent => ({
  kind: 'response',
  transaction,
  ...(dialog !== undefined && { dialog }),
  response: response(status, []),
  source: source(),
})
const flush = (): Promise<void> => Promise.resolve()

t.test('the edge starts and stops the engine', async t => {
  const { engine, edge } = await bench()
  t.ok(engine.isRunning)
  await edge.stop()
  t.notOk(engine.isRunning)
})

t.test('a request is told with its origin and the id of the dialog that it may set up', async t => {
  const { engine, told } = await bench()
  const from = source({ transport: 'wss', flow: 'f1', listener: 'agents' })
  const request = incoming('INVITE')
  engine.emit({ kind: 'request', transaction: 't1', request, source: from })
  t.strictSame(told, [
    {
      kind: 'request',
      transaction: 't1',
      dialog: undefined,
      dialogToBe: 'call;from-tag=theirs',
      request,
      origin: { transport: 'wss', address: '192.0.2.9', port: 5062, flow: 'f1', side: undefined },
    },
  ])
})

t.test('a request tells which face heard it', async t => {
  const { engine, told } = await bench()
  for (const listener of ['inside', 'trunk', 'agents']) {
    const request = incoming('OPTIONS')
    engine.emit({ kind: 'request', transaction: listener, request, source: source({ listener }) })
  }
  const sides = told.map(event => (event.kind === 'request' ? event.origin.side : 'none'))
  t.strictSame(sides, ['inside', 'trunk', undefined])
})

t.test('an order becomes a request from the side that it names, with its body', async t => {
  const { engine, edge } = await bench()
  edge.request({
    transaction: 'b1',
    method: 'INVITE',
    uri: 'sip:agt-1@127.0.1.1',
    side: 'inside',
    nextHop: 'sip:127.0.1.1:5060',
    headers: [['X-Portico-Call', 'c1']],
    body: { type: 'application/sdp', content: 'v=0' },
  })
  t.match(engine.calls, [
    {
      parts: {
        method: 'INVITE',
        uri: 'sip:agt-1@127.0.1.1',
        listener: 'inside',
        nextHop: 'sip:127.0.1.1:5060',
        headers: [
          ['X-Portico-Call', 'c1'],
          ['Content-Type', 'application/sdp'],
        ],
        body: 'v=0',
      },
    },
  ])
})

t.test('responses carry the id of the order; 100 is not told; after the final one nothing is', async t => {
  const { engine, edge, told } = await bench()
  edge.request({ transaction: 'b1', method: 'INVITE', uri: 'sip:a@h' })
  for (const status of [100, 180]) engine.emit(answer('c1', status))
  engine.emit(answer('c1', 200, 'd1'))
  engine.emit(answer('c1', 200, 'd1'))
  t.match(told, [
    { kind: 'response', transaction: 'b1', response: { status: 180 }, local: false },
    { kind: 'response', transaction: 'b1', response: { status: 200 }, dialog: 'd1' },
  ])
  t.equal(told.length, 2)
})

t.test('a response that the engine made is local, also when it comes within the order', async t => {
  const { engine, edge, told } = await bench()
  engine.duringRequest = transaction => ({ kind: 'response', transaction, response: response(503, []) })
  edge.request({ transaction: 'b1', method: 'OPTIONS', uri: 'sip:a@h' })
  t.strictSame(told, [], 'not before the order has returned')
  await flush()
  t.match(told, [{ transaction: 'b1', response: { status: 503 }, local: true }])
})

for (const [refusal, status] of [
  ['no-listener', 503],
  ['flow-closed', 503],
  ['invalid-uri', 503],
  ['unknown-dialog', 481],
] as const) {
  t.test(`an order refused with ${refusal} ends in a local ${status}`, async t => {
    const { engine, edge, told } = await bench()
    engine.refusal = refusal
    edge.request({ transaction: 'b1', method: 'INVITE', uri: 'sip:a@h' })
    t.strictSame(told, [])
    await flush()
    t.match(told, [{ kind: 'response', transaction: 'b1', response: { status }, local: true }])
    t.equal(told.length, 1)
  })
}

t.test('a 2xx that could not be delivered ends its dialog', async t => {
  const { engine, edge, told } = await bench()
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: source() })
  told.length = 0
  engine.refusal = 'flow-closed'
  edge.respond({ transaction: 't1', status: 200 })
  await flush()
  t.strictSame(told, [{ kind: 'dialog-ended', dialog: 'call;from-tag=theirs', reason: 'flow-closed' }])
})

for (const [name, dialog, status] of [
  ['a refusal', undefined, 486],
  ['a provisional response', undefined, 180],
  ['a 2xx inside a dialog', 'd1', 200],
] as const) {
  t.test(`${name} that could not be delivered ends nothing`, async t => {
    const { engine, edge, told } = await bench()
    const inside = dialog === undefined ? {} : { dialog }
    engine.emit({
      kind: 'request',
      transaction: 't1',
      ...inside,
      request: incoming('INVITE'),
      source: source(),
    })
    told.length = 0
    engine.refusal = 'already-answered'
    edge.respond({ transaction: 't1', status })
    await flush()
    t.strictSame(told, [])
  })
}

t.test('cancelling goes by the id of the order, and not after its end', async t => {
  const { engine, edge } = await bench()
  edge.cancel('b1')
  edge.request({ transaction: 'b1', method: 'INVITE', uri: 'sip:a@h' })
  edge.cancel('b1', 'SIP;cause=200')
  engine.emit(answer('c1', 487))
  edge.cancel('b1')
  t.match(engine.calls.slice(1), [
    { kind: 'cancel', transaction: 'c1', headers: [['Reason', 'SIP;cause=200']] },
  ])
  t.equal(engine.calls.length, 2)
})

t.test('the rest is passed on in the words of the port', async t => {
  const { engine, edge, told } = await bench()
  engine.emit({ kind: 'request', transaction: 't1', request: incoming('INVITE'), source: source() })
  told.length = 0
  const request = incoming('CANCEL', [['Reason', 'SIP;cause=200']])
  engine.emit({ kind: 'cancel', transaction: 't1', request, source: source() })
  engine.emit({ kind: 'ack', transaction: 't1', dialog: 'd1', request, source: source() })
  engine.emit({ kind: 'dialog-ended', dialog: 'd1', reason: 'ack-timeout', request })
  engine.emit({ kind: 'flow-closed', flow: 'f1' })
  t.strictSame(told, [
    { kind: 'cancel', transaction: 't1', reason: 'SIP;cause=200' },
    { kind: 'ack', dialog: 'd1', request },
    { kind: 'dialog-ended', dialog: 'd1', reason: 'ack-timeout' },
    { kind: 'flow-closed', flow: 'f1' },
  ])
  edge.ack('d1')
  edge.closeFlow('f1')
  t.match(engine.calls, [
    { kind: 'ack', dialog: 'd1' },
    { kind: 'close-flow', flow: 'f1' },
  ])
})
