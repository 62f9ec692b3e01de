// S2: no message makes the engine throw, hang or fall silent: after each of the torture messages, on each transport, a probe is
// answered within 200 ms. Which layer refuses which message is the business of the unit test of the parser.
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { browser, rawClient, udpPeer } from '../../support/attack/peers.ts'
import { openTarget } from '../../support/attack/target.ts'
import { requestText, unique } from '../../support/attack/text.ts'
import { timed, within } from '../../support/attack/time.ts'

const probeMs = 200
const messages = ['rfc4475', 'rfc5118'].flatMap(corpus => {
  const folder = fileURLToPath(new URL(`../../fixtures/${corpus}/`, import.meta.url))
  return readdirSync(folder)
    .filter(file => !file.endsWith('.json') && !file.endsWith('.md'))
    .map(file => [`${corpus}/${file}`, readFileSync(`${folder}${file}`)] as const)
})

t.ok(messages.length > 50, 'the messages are there')

/** The best of three, because the machine may be busy with something else; who hangs is late in all of them. */
async function isAlive(t: Test, name: string, probe: (callId: string) => Promise<unknown>): Promise<void> {
  let best = Infinity
  for (let n = 0; n < 3 && best >= probeMs; n += 1) best = Math.min(best, await timed(() => probe(unique())))
  t.ok(best < probeMs, `${name}: ${best.toFixed(0)} ms`)
}

t.test('each torture message as a datagram', async t => {
  const target = await openTarget(t, { listeners: ['udp'] })
  const peer = await udpPeer(t)
  for (const [name, bytes] of messages) {
    peer.send(bytes, target.port('udp'))
    await isAlive(t, name, callId => {
      peer.send(requestText('OPTIONS', { callId }), target.port('udp'))
      return peer.answer(callId)
    })
  }
})

t.test('each torture message on a connection of its own', async t => {
  const target = await openTarget(t, { listeners: ['tcp', 'udp'] })
  const peer = await udpPeer(t)
  for (const [name, bytes] of messages) {
    const client = rawClient(t, target.port('tcp'))
    client.socket.end(bytes)
    await client.closed
    await isAlive(t, name, callId => {
      peer.send(requestText('OPTIONS', { callId }), target.port('udp'))
      return peer.answer(callId)
    })
  }
  t.ok(await within(2000, () => target.flows() === 0))
})

t.test('each torture message in a WebSocket frame', async t => {
  const target = await openTarget(t, { ws: { messagesPerSecond: 0 } })
  const agent = await browser(t, target.port('ws'))
  for (const [name, bytes] of messages) {
    const attacker = await browser(t, target.port('ws'))
    attacker.socket.send(bytes)
    await isAlive(t, name, callId => agent.ask('MESSAGE', { callId }))
    attacker.socket.terminate()
  }
})

const wide = { message: 1_000_000, line: 1_000_000, headers: 10_000, vias: 10_000 }
const lines = (count: number, line: string): string => Array.from({ length: count }, () => line).join('')
const tooMuch: readonly [name: string, text: string, reason: string][] = [
  ['a line of more than 8 KiB', lines(1, `X: ${'x'.repeat(8200)}\r\n`), 'line-too-long'],
  ['more than 128 header lines', lines(130, 'X: y\r\n'), 'too-many-headers'],
  ['more than 64 Vias', lines(1, `Via: ${lines(64, 'SIP/2.0/UDP a,')}SIP/2.0/UDP a\r\n`), 'too-many-vias'],
]

for (const [name, text, reason] of tooMuch) {
  t.test(`${name} is refused, and read where the bound is higher`, async t => {
    const target = await openTarget(t, { listeners: ['udp'] })
    const wider = await openTarget(t, { listeners: ['udp'], more: { messageLimits: wide } })
    const peer = await udpPeer(t)
    const message = requestText('OPTIONS', { callId: 'much' }).replace('\r\n\r\n', `\r\n${text}\r\n`)
    peer.send(message, target.port('udp'))
    t.ok(await within(2000, () => target.count('portico_sip_malformed_total', reason) === 1))
    t.strictSame(target.heard(), [])
    peer.send(message, wider.port('udp'))
    t.ok(await within(2000, () => wider.heard().length === 1))
  })
}
