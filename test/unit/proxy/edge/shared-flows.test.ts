import t from 'tap'
import type { Source } from '../../../../engine/api.ts'
import type { Target, TransportEvent, Transports } from '../../../../engine/transport/transport.ts'
import { SharedFlows } from '../../../../proxy/edge/shared-flows.ts'
import { MemoryDoors } from '../../../../selector/store/memory/doors.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const listener = {
  name: 'public',
  transport: 'wss',
  bound: { host: '127.0.0.1', port: 8443 },
  advertised: { host: 'portico.test', port: 8443 },
} as const

/** Sockets that hold the connections they are told to. */
class FakeTransports implements Transports {
  readonly flows: Set<string>
  readonly sent: string[] = []
  receive: (event: TransportEvent) => void = () => undefined

  constructor(...flows: readonly string[]) {
    this.flows = new Set(flows)
  }
  async start(receive: (event: TransportEvent) => void): Promise<void> {
    this.receive = receive
  }
  async stop(): Promise<void> {}
  listeners() {
    return [listener]
  }
  route(target: Target) {
    return 'flow' in target && this.flows.has(target.flow) ? listener : undefined
  }
  send(bytes: Buffer, target: Target): void {
    this.sent.push(`${'flow' in target ? target.flow : ''} ${bytes.toString().split(' ')[0]}`)
  }
  closeFlow(): void {}
  comes(text: string, flow: string): void {
    const source: Source = { transport: 'wss', address: '192.0.2.1', port: 4000, flow, listener: 'public' }
    this.receive({ kind: 'message', bytes: Buffer.from(text), source })
  }
}

const message = (start: string, call: string, toTag = ''): string =>
  `${start} SIP/2.0\r\nFrom: <sip:1001@portico.test>;tag=f\r\nTo: <sip:x@portico.test>${toTag}\r\nCall-ID: ${call}\r\n\r\n`
const bye = message('BYE sip:x', 'c1', ';tag=t')

/** Three doors; the agent is connected to the second, and the first has what `dialogs` names. */
async function world(dialogs: readonly string[] = []) {
  const doors = new MemoryDoors()
  const clock = new ManualClock()
  const make = async (name: string, here: readonly string[], ...flows: readonly string[]) => {
    const inner = new FakeTransports(...flows)
    const shared = new SharedFlows({ inner, listener: 'public', heldMessages: 8, clock })
    const heard: string[] = []
    await shared.start(event =>
      heard.push(
        event.kind === 'message'
          ? `${event.source.flow} ${event.bytes.toString().split(' ')[0]}`
          : `${event.flow} closed`,
      ),
    )
    const isHere = (asked: readonly string[]): boolean => asked.some(one => here.includes(one))
    const talk = doors.join(name, said => {
      if (said.kind === 'whose' && isHere(said.dialogs)) shared.claim(said, said.callId)
      else shared.hear(said)
    })
    shared.join({ door: name, talk, isHere, isBack: flow => heard.push(`${flow} back`) })
    return { inner, shared, heard }
  }
  const first = await make('d1', dialogs)
  const second = await make('d2', ['c2;from-tag=f'], 'w1')
  const third = await make('d3', [])
  return { first, second, third, clock }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

t.test('a request in a dialog of another door goes there, and its answers come back', async t => {
  for (const dialog of ['c1;from-tag=f', 'c1;from-tag=t']) {
    const { first, second } = await world([dialog])
    second.inner.comes(bye, 'w1')
    second.inner.comes(message('INFO sip:x', 'c1', ';tag=t'), 'w1')
    await settle()
    t.strictSame(second.heard, [])
    t.strictSame(first.heard, ['w1 BYE', 'w1 INFO'], 'in order')
    t.equal(first.shared.route({ flow: 'w1' })?.name, 'public')
    first.shared.send(Buffer.from(message('SIP/2.0 200', 'c1')), { flow: 'w1' }, () => undefined)
    await settle()
    t.strictSame(second.inner.sent, ['w1 SIP/2.0'])
  }
})

t.test('what no door knows is answered where it came in, and asked about once', async t => {
  const { first, second, clock } = await world()
  second.inner.comes(bye, 'w1')
  await settle()
  t.strictSame(second.heard, [])
  clock.advance(400)
  second.inner.comes(bye, 'w1')
  t.strictSame(second.heard, ['w1 BYE', 'w1 BYE'])
  t.strictSame(first.heard, [])
})

t.test('what is outside dialogs, of this door, or an ACK waits for nobody', async t => {
  const { second } = await world()
  second.inner.comes(message('REGISTER sip:x', 'c3'), 'w1')
  second.inner.comes(message('INFO sip:x', 'c2', ';tag=t'), 'w1')
  second.inner.comes(message('ACK sip:x', 'c3', ';tag=t'), 'w1')
  t.strictSame(second.heard, ['w1 REGISTER', 'w1 INFO', 'w1 ACK'])
})

t.test('a door calls an agent over a connection of another one, and gets its answers', async t => {
  const { first, second } = await world()
  first.shared.reach({ flow: 'w1', at: 'd2' })
  first.shared.send(Buffer.from(message('INVITE sip:1001', 'c9')), { flow: 'w1' }, () => undefined)
  await settle()
  t.strictSame(second.inner.sent, ['w1 INVITE'])
  second.inner.comes(message('SIP/2.0 200', 'c9', ';tag=t'), 'w1')
  await settle()
  t.strictSame(first.heard, ['w1 SIP/2.0'])
})

t.test('the end of a connection is told to the door that uses it, and to nobody else', async t => {
  const { first, second } = await world(['c1;from-tag=f'])
  second.inner.comes(bye, 'w1')
  await settle()
  second.inner.flows.delete('w1')
  second.inner.receive({ kind: 'flow-closed', flow: 'w1' })
  await settle()
  t.strictSame(first.heard, ['w1 BYE', 'w1 closed'])
  t.equal(first.shared.route({ flow: 'w1' }), undefined)
})

t.test('a connection that is gone is told as closed', async t => {
  const { first } = await world()
  first.shared.reach({ flow: 'w9', at: 'd2' })
  first.shared.send(Buffer.from(message('INVITE sip:1001', 'c9')), { flow: 'w9' }, () => undefined)
  await settle()
  t.strictSame(first.heard, ['w9 closed'])
})

t.test('a third door has no say in it', async t => {
  const { first, second, third } = await world(['c1;from-tag=f'])
  second.inner.comes(bye, 'w1')
  first.shared.send(Buffer.from(message('INFO sip:1001', 'c1')), { flow: 'w1' }, () => undefined)
  await settle()
  t.strictSame(first.heard, ['w1 BYE'], 'and does not end a connection that it knows nothing of')
  t.strictSame([third.heard, third.inner.sent], [[], []])
})

t.test('what a silent door holds is closed until it is heard again', async t => {
  const { first, second } = await world(['c1;from-tag=f'])
  second.inner.comes(bye, 'w1')
  await settle()
  t.strictSame([...first.shared.partners()], ['d2'])
  t.ok(first.shared.isFar('w1'))
  first.shared.wentSilent('d3')
  first.shared.wentSilent('d2')
  t.strictSame(first.heard, ['w1 BYE', 'w1 closed'])
  t.equal(first.shared.route({ flow: 'w1' }), undefined, 'so that nothing waits for an answer from there')
  first.shared.isHeard('d2')
  t.strictSame(first.heard.slice(2), ['w1 back'])
  t.equal(first.shared.route({ flow: 'w1' })?.name, 'public')
  first.shared.isHeard('d2')
  t.equal(first.heard.length, 3)
  first.shared.wentSilent('d2')
  first.shared.forget('d2')
  first.shared.isHeard('d2')
  t.notOk(first.shared.isFar('w1'))
  t.strictSame(first.heard.slice(3), ['w1 closed'])
})

t.test('the calls of a silent door have no claim to a connection here', async t => {
  const { first, second } = await world(['c1;from-tag=f'])
  const answer = message('SIP/2.0 200', 'c1')
  second.inner.comes(bye, 'w1')
  await settle()
  second.inner.comes(answer, 'w1')
  await settle()
  t.strictSame(first.heard, ['w1 BYE', 'w1 SIP/2.0'])
  t.strictSame([...second.shared.partners()], ['d1'])
  second.shared.wentSilent('d1')
  second.inner.comes(answer, 'w1')
  t.strictSame(second.heard, ['w1 SIP/2.0'])
  t.strictSame([...second.shared.partners()], [])
})

t.test('one connection holds little of what it asks for', async t => {
  const { second, clock } = await world()
  for (let n = 0; n < 20; n++) second.inner.comes(bye, 'w1')
  t.equal(second.heard.length, 12, 'eight wait')
  second.inner.comes(message('BYE sip:x', 'c8', ';tag=t'), 'w1')
  t.equal(second.heard.length, 13, 'and one call at a time')
  clock.advance(400)
  t.equal(second.heard.length, 21)
})
