import t from 'tap'
import { createTrace, traceDefaults, type TraceLimits } from '../../../../engine/observe/trace.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

function traceOf(limits: Partial<TraceLimits> = {}): {
  readonly trace: ReturnType<typeof createTrace>
  readonly clock: ManualClock
  readonly say: (method: string, callId: string, more?: string) => void
} {
  const clock = new ManualClock()
  const trace = createTrace({ ...traceDefaults, ...limits }, clock, 'X-Call')
  const end = { host: '192.0.2.1', port: 5060 }
  return {
    trace,
    clock,
    say(method, callId, more = '') {
      const bytes = Buffer.from(`${method} sip:a SIP/2.0\r\nCall-ID: ${callId}\r\n${more}\r\n`)
      trace.tap({ direction: 'in', bytes, transport: 'udp', local: end, peer: end })
    },
  }
}

t.test('a call is told as it was on the wire', async t => {
  const { trace, clock, say } = traceOf()
  say('INVITE', 'one')
  clock.advance(250)
  say('OPTIONS', 'one')
  say('INVITE', 'two')
  const { messages = [], omitted } = trace.of('one') ?? {}
  t.equal(omitted, 0)
  t.strictSame(
    messages.map(({ at, text }) => [at - 1_700_000_000_000, text.split(' ')[0]]),
    [
      [0, 'INVITE'],
      [250, 'OPTIONS'],
    ],
  )
  t.match(messages[0], { direction: 'in', transport: 'udp', peer: { host: '192.0.2.1', port: 5060 } })
  t.equal(trace.of('three'), undefined)
})

t.test('the legs of a call are told together, whether a header or somebody else links them', async t => {
  const { trace, say } = traceOf()
  say('INVITE', 'a')
  say('INVITE', 'b', 'X-Call: 17\r\n')
  say('INVITE', 'stranger', 'X-Call: 18\r\n')
  say('INVITE', 'c', 'X-Call: 17\r\n')
  trace.link('a', '17')
  trace.link('nobody', '17')
  say('BYE', 'b')
  say('BYE', 'a')
  const whole = ['a', 'b', 'c', 'b', 'a']
  for (const id of ['17', 'a', 'b', 'c']) {
    t.strictSame(
      trace.of(id)?.messages.map(({ leg }) => leg),
      whole,
      id,
    )
  }
  t.equal(trace.of('stranger')?.messages.length, 1)
})

t.test('a body that looks like the header links nothing', async t => {
  const { trace, say } = traceOf()
  say('INVITE', 'a', '\r\nX-Call: 17\r\n')
  t.equal(trace.of('17'), undefined)
})

t.test('the call that was silent for longest is forgotten first', async t => {
  const { trace, say } = traceOf({ calls: 2 })
  say('INVITE', 'one')
  say('INVITE', 'two')
  say('ACK', 'one')
  say('INVITE', 'three')
  t.equal(trace.of('two'), undefined)
  t.ok(trace.of('one'))
  t.ok(trace.of('three'))
})

t.test('of a long call the first and the last messages are kept', async t => {
  const { trace, say } = traceOf({ messages: 4 })
  for (const method of ['INVITE', 'ACK', 'INFO', 'UPDATE', 'MESSAGE', 'BYE']) say(method, 'one')
  const told = trace.of('one')
  t.strictSame(
    told?.messages.map(({ text }) => text.split(' ')[0]),
    ['INVITE', 'ACK', 'MESSAGE', 'BYE'],
  )
  t.equal(told?.omitted, 2)
})

t.test('bytes are bounded, and given back', async t => {
  const { trace, say } = traceOf({ bytes: 5000 })
  for (let n = 0; n < 100; n += 1) say('INVITE', `call-${n}`, `X: ${'x'.repeat(900)}\r\n`)
  const kept = Array.from({ length: 100 }, (_, n) => trace.of(`call-${n}`)).filter(one => one !== undefined)
  t.equal(kept.length, 4)
  t.ok(trace.of('call-99'))
})

t.test('a message that is longer than all room is left out, and costs no other call', async t => {
  const { trace, say } = traceOf({ bytes: 5000 })
  say('INVITE', 'one')
  say('INVITE', 'two')
  say('INFO', 'two', `X: ${'x'.repeat(6000)}\r\n`)
  t.ok(trace.of('one'))
  t.match(trace.of('two'), { messages: { length: 1 }, omitted: 1 })
})

t.test('a call of which nobody hears is forgotten when others are heard again and again', async t => {
  const { trace, say } = traceOf({ calls: 3 })
  for (const call of ['one', 'two', 'three']) say('INVITE', call)
  for (let n = 0; n < 20; n += 1) {
    say('INFO', 'one')
    say('INFO', 'three')
    say('INVITE', `new-${n}`)
  }
  t.ok(trace.of('one'))
  t.equal(trace.of('two'), undefined)
  t.ok(trace.of('three'))
  t.ok(trace.of('new-19'))
  t.equal(trace.of('new-17'), undefined)
})

t.test('a message is told with both its ends, whatever these look like', async t => {
  const { trace } = traceOf()
  const [local, peer] = [
    { host: '2001:db8::1', port: 5061 },
    { host: '', port: 0 },
  ]
  const bytes = Buffer.from('INVITE sip:a SIP/2.0\r\nCall-ID: one\r\n\r\nä')
  trace.tap({ direction: 'out', bytes, transport: 'tls', local, peer })
  t.match(trace.of('one')?.messages[0], { direction: 'out', transport: 'tls', local, peer, text: /ä$/ })
})

t.test('neither probes nor a flood of registrations push a call out', async t => {
  const { trace, say } = traceOf({ calls: 4 })
  say('INVITE', 'call')
  say('OPTIONS', 'probe')
  for (let n = 0; n < 100; n += 1) say('REGISTER', `registration-${n}`)
  t.ok(trace.of('call'))
  t.equal(trace.of('probe'), undefined)
  t.ok(trace.of('registration-99'))
})

t.test('what proves a password is not told', async t => {
  const { trace, say } = traceOf()
  say(
    'INVITE',
    'one',
    'Authorization: Digest username="a",\r\n response="secret"\r\nproxy-authorization : secret\r\nX: y\r\n',
  )
  const text = trace.of('one')?.messages[0]?.text ?? ''
  t.notMatch(text, 'secret')
  t.match(text, /Authorization: \*\*\*\r\nproxy-authorization : \*\*\*\r\nX: y/)
})

t.test('nothing is kept when nothing may be', async t => {
  const { trace, say } = traceOf({ calls: 0 })
  say('INVITE', 'one')
  t.equal(trace.of('one'), undefined)
})
