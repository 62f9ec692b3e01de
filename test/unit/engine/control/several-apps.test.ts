import { once } from 'node:events'
import t from 'tap'
import { response } from '../../../../engine/message/build.ts'
import { ControlClient, type Told } from '../../../support/control-client.ts'
import { controlBench, type ControlBench } from '../../../support/control-bench.ts'
import { incoming, source } from '../../../support/fake-engine.ts'

const dialog = 'call;from-tag=t1'
const agentFlow = source({ transport: 'ws', flow: 'f1', listener: 'agents' })

/** A call from an agent that `app` has answered. */
async function answered({ engine }: ControlBench, app: ControlClient): Promise<void> {
  const request = incoming('INVITE', [['Contact', '<sip:ann@abc.invalid>']])
  engine.emit({ kind: 'request', transaction: 't1', request, source: agentFlow })
  await app.next()
  await app.ask('sip|t1|', 'SIP/2.0 200 OK\r\n\r\n')
}

function inDialog({ engine }: ControlBench, transaction: string, method = 'INFO'): void {
  engine.emit({ kind: 'request', transaction, dialog, request: incoming(method), source: agentFlow })
}

for (const [name, tags] of [
  ['too many', Array.from({ length: 21 }, (_, at) => `t${at}`).join(',')],
  ['too long', 'x'.repeat(33)],
  ['with blanks', 'a b'],
] as const) {
  t.test(`tags that are ${name} are refused`, async t => {
    const { port } = await controlBench(t)
    const client = await ControlClient.open(port)
    const closed = once(client.socket, 'close')
    t.equal((await client.ask(`authenticate|cymru|${tags}`)).fields[3], 'NO')
    await closed
  })
}

t.test('twenty tags of 32 characters are fine', async t => {
  const { port } = await controlBench(t)
  const tags = Array.from({ length: 20 }, (_, at) => `${at}`.padStart(32, 'A-_+@:z')).join(',')
  const client = await ControlClient.open(port)
  t.equal((await client.ask(`authenticate|cymru|${tags}`)).fields[3], 'OK')
  await client.close()
})

t.test('the dialogs of an application that is gone go to one with its tag, and only to such', async t => {
  const bench = await controlBench(t)
  const gone = await bench.app(['invite'], 'ivr,night')
  await answered(bench, gone)
  await bench.app(['invite', 'info'], 'door')
  await gone.close()
  inDialog(bench, 't2')
  t.match(
    bench.engine.calls.at(-1),
    { kind: 'respond', transaction: 't2', parts: { status: 503 } },
    'at once',
  )
  const heir = await bench.app(['invite'], 'ivr')
  inDialog(bench, 't3')
  t.strictSame((await heir.next()).fields.slice(8), ['t3', dialog, ''])
  t.equal((await heir.ask('sip|t3|', 'SIP/2.0 200 OK\r\n\r\n')).fields[3], 'OK')
})

t.test('whoever sends in a dialog has it from then on', async t => {
  const bench = await controlBench(t)
  const [first, second] = [await bench.app(['invite']), await bench.app([])]
  await answered(bench, first)
  t.equal((await second.ask(`sip||${dialog}`, 'INFO sip:placeholder SIP/2.0\r\n\r\n')).fields[3], 'OK')
  inDialog(bench, 't2')
  t.equal((await second.next()).fields[8], 't2')
})

t.test('a BYE of the engine reaches the application that has come back', async t => {
  const bench = await controlBench(t)
  const before = await bench.app(['invite'], 'ivr')
  await answered(bench, before)
  await before.close()
  const after = await bench.app(['invite'], 'ivr')
  bench.engine.emit({ kind: 'dialog-ended', dialog, reason: 'session-expired', request: incoming('BYE') })
  t.strictSame((await after.next()).fields.slice(8), ['unsolicited', dialog, ''])
})

t.test('a lost connection ends its dialogs after a while when that is wanted', async t => {
  const bench = await controlBench(t, { hangUpAfterMs: 5000 })
  const app = await bench.app(['invite'])
  await answered(bench, app)
  bench.engine.emit({ kind: 'flow-closed', flow: 'f1' })
  bench.clock.advance(4999)
  t.equal(bench.engine.calls.at(-1)?.kind, 'respond')
  bench.clock.advance(1)
  t.match(bench.engine.calls.at(-1), { kind: 'request', parts: { method: 'BYE', dialog } })
  const told = await app.next()
  t.strictSame([told.fields[2], ...told.fields.slice(8)], ['application', 'unsolicited', dialog, ''])
  t.match(told.text, /Reason: SIP ;cause=410 ;text="Connection closed"/)
})

t.test('a peer that has come back on another connection in time keeps its dialog', async t => {
  const bench = await controlBench(t, { hangUpAfterMs: 5000 })
  const app = await bench.app(['invite'])
  await answered(bench, app)
  bench.engine.emit({ kind: 'flow-closed', flow: 'f1' })
  const moved = { ...agentFlow, flow: 'f2', port: 5099 }
  bench.engine.emit({ kind: 'request', transaction: 't2', dialog, request: incoming('INFO'), source: moved })
  await app.next()
  bench.clock.advance(60_000)
  t.notOk(bench.engine.calls.some(({ kind }) => kind === 'request'))
})

t.test('by default dialogs outlive their connection', async t => {
  const bench = await controlBench(t)
  await answered(bench, await bench.app(['invite']))
  bench.engine.emit({ kind: 'flow-closed', flow: 'f1' })
  bench.clock.advance(60_000)
  t.notOk(bench.engine.calls.some(({ kind }) => kind === 'request'))
})

t.test(
  'a registered browser is called over its connection, and found again after it has registered anew',
  async t => {
    const bench = await controlBench(t)
    const app = await bench.app(['register', 'invite'])
    const register = async (transaction: string, flow: string): Promise<void> => {
      const request = incoming('REGISTER', [['Contact', '<sip:ann@abc.invalid;transport=ws>']])
      bench.engine.emit({ kind: 'request', transaction, request, source: { ...agentFlow, flow } })
      await app.next()
      await app.ask(`sip|${transaction}|`, 'SIP/2.0 200 OK\r\nExpires: 60\r\n\r\n')
    }
    await register('r1', 'f1')
    await app.ask('sip||', 'INVITE sip:ann@abc.invalid SIP/2.0\r\n\r\n')
    t.match(bench.engine.calls.at(-1), { kind: 'request', parts: { flow: 'f1' } })
    await answered(bench, app)
    await register('r2', 'f2')
    await app.ask(`sip||${dialog}`, 'BYE sip:placeholder SIP/2.0\r\n\r\n')
    t.match(bench.engine.calls.at(-1), { kind: 'request', parts: { method: 'BYE', flow: 'f2' } })
    bench.engine.emit({ kind: 'flow-closed', flow: 'f2' })
    await app.ask('sip||', 'OPTIONS sip:ann@abc.invalid SIP/2.0\r\n\r\n')
    t.match(bench.engine.calls.at(-1), { kind: 'request', parts: { flow: undefined, listener: 'trunk' } })
  },
)

t.test('records of calls go to those who ask for them', async t => {
  const bench = await controlBench(t, { cdrs: true })
  const app = await bench.app(['invite', 'bye'])
  const records = await bench.app(['cdr:attempt', 'cdr:start', 'cdr:stop'])
  const next = async (): Promise<string> => short(await records.next())
  await answered(bench, app)
  t.equal(await next(), 'cdr:attempt network INVITE')
  t.equal(await next(), 'cdr:start application uas SIP/2.0')
  inDialog(bench, 't2', 'BYE')
  t.equal(await next(), 'cdr:stop network normal-release BYE')
  const [sent] = await calling(bench, app)
  t.equal(await next(), 'cdr:attempt application INVITE')
  bench.engine.emit({ kind: 'response', transaction: sent, response: response(486, []) })
  t.equal(await next(), 'cdr:stop network call-rejected SIP/2.0')
  const [other] = await calling(bench, app)
  bench.engine.emit({ kind: 'response', transaction: other, dialog: 'd2', response: response(200, []) })
  t.equal(await next(), 'cdr:attempt application INVITE')
  t.equal(await next(), 'cdr:start network uac SIP/2.0')
  bench.engine.emit({
    kind: 'dialog-ended',
    dialog: 'd2',
    reason: 'session-expired',
    request: incoming('BYE'),
  })
  t.equal(await next(), 'cdr:stop application session-expired BYE')
  bench.engine.emit({ kind: 'request', transaction: 't9', request: incoming('INVITE'), source: source() })
  bench.engine.emit({ kind: 'cancel', transaction: 't9', request: incoming('CANCEL'), source: source() })
  t.equal(await next(), 'cdr:attempt network INVITE')
  t.equal(await next(), 'cdr:stop network call-canceled CANCEL')
})

/** Source, role or reason, and the first word of the message. */
function short({ fields, text }: Told): string {
  const [, kind, from, , more] = fields
  return [kind, from, ...(more === undefined ? [] : [more]), text.split(' ', 1)[0]].join(' ')
}

async function calling(
  { engine }: ControlBench,
  app: ControlClient,
): Promise<readonly [transaction: string]> {
  await app.ask('sip||', 'INVITE sip:a@192.0.2.9 SIP/2.0\r\n\r\n')
  const call = engine.calls.at(-1)
  return [call?.kind === 'request' ? call.transaction : '']
}
