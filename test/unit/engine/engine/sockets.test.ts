import t, { type Test } from 'tap'
import type { EngineEvent, Transport } from '../../../../engine/api.ts'
import { createEngine } from '../../../../engine/engine.ts'
import { randomHex } from '../../../../engine/random.ts'
import { createTransports } from '../../../../engine/transport/transports.ts'
import { systemClock } from '../../../../runtime/clock.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { sdp } from '../../../support/engine-pair.ts'

/** An engine on a real socket; `next` waits for the next event of a kind. */
async function engineOn(
  t: Test,
  ...kinds: readonly Transport[]
): Promise<{
  readonly engine: ReturnType<typeof createEngine>
  readonly port: number
  readonly next: <K extends EngineEvent['kind']>(kind: K) => Promise<Extract<EngineEvent, { kind: K }>>
}> {
  const listeners = kinds.map(transport => ({ name: 'test', transport, host: '127.0.0.1', port: 0 }))
  const transports = createTransports({ listeners, log: silentLog })
  const engine = createEngine({ transports, clock: systemClock, random: randomHex, log: silentLog })
  const told: EngineEvent[] = []
  let wake: (() => void) | undefined
  engine.onEvent(event => {
    told.push(event)
    wake?.()
  })
  await engine.start()
  t.teardown(() => engine.stop())
  return {
    engine,
    port: engine.listeners()[0]?.bound.port ?? 0,
    async next(kind) {
      for (;;) {
        const event = told.shift()
        if (event !== undefined && isKind(event, kind)) return event
        if (event === undefined) await new Promise<void>(resolve => (wake = resolve))
      }
    },
  }
}

function isKind<K extends EngineEvent['kind']>(
  event: EngineEvent,
  kind: K,
): event is Extract<EngineEvent, { kind: K }> {
  return event.kind === kind
}

for (const transport of ['udp', 'tcp'] as const) {
  t.test(`a call over real ${transport}`, async t => {
    const a = await engineOn(t, transport)
    const b = await engineOn(t, transport)
    const uri = `sip:bob@127.0.0.1:${b.port};transport=${transport}`
    a.engine.request({ method: 'INVITE', uri, ...sdp })
    const invite = await b.next('request')
    t.equal(invite.source.flow === undefined, transport === 'udp')
    b.engine.respond(invite.transaction, { status: 200, ...sdp })
    const { dialog = '' } = await a.next('response')
    t.equal(a.engine.ack(dialog).ok, true)
    t.equal((await b.next('ack')).dialog, dialog)
    b.engine.request({ method: 'BYE', dialog })
    const bye = await a.next('request')
    t.equal(bye.dialog, dialog)
    a.engine.respond(bye.transaction, { status: 200 })
    t.equal((await b.next('response')).response.status, 200)
    t.equal(a.engine.stats().dialogs + b.engine.stats().dialogs, 0)
  })
}

t.test('a request that is too large for UDP goes over TCP to the same port', async t => {
  const b = await engineOn(t, 'tcp')
  const a = await engineOn(t, 'udp', 'tcp')
  const body = 'x'.repeat(1300)
  const uri = `sip:bob@127.0.0.1:${b.port}`
  a.engine.request({ method: 'MESSAGE', uri, headers: [['Content-Type', 'text/plain']], body })
  const { request, source, transaction } = await b.next('request')
  t.equal(source.transport, 'tcp')
  t.match(request.headers.get('via'), /^SIP\/2\.0\/TCP /)
  t.equal(request.body.toString(), body)
  b.engine.respond(transaction, { status: 200 })
  t.equal((await a.next('response')).response.status, 200)
})

t.test('a TCP peer that does not listen is told as 503, after the order has returned', async t => {
  const a = await engineOn(t, 'tcp')
  const sent = a.engine.request({ method: 'OPTIONS', uri: 'sip:127.0.0.1:9;transport=tcp' })
  const { response, transaction, source } = await a.next('response')
  t.equal(response.status, 503)
  t.equal(transaction, sent.ok && sent.transaction)
  t.equal(source, undefined)
})
