// S1: who is not on the list is not heard: no answer to a datagram, no byte on a connection, and nothing of it is read. Scaled: 5,000
// packets instead of 10,000, sent by a process of its own so that the target is free to hear them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { browser, rawClient, udpPeer } from '../../support/attack/peers.ts'
import { openTarget, type Target } from '../../support/attack/target.ts'
import { requestText } from '../../support/attack/text.ts'
import { passing, within } from '../../support/attack/time.ts'
import { refusedClient } from '../../support/transport-peers.ts'

const packets = 5000
const isListed = (address: string): boolean => address === '127.0.0.1'
const text = requestText('OPTIONS', { via: 'SIP/2.0/UDP 127.0.9.1' })

/** Sends, at about 5,000 a second, and tells how many bytes came back. */
const sender = `
  const [port, packets, text] = process.argv.slice(1)
  const socket = require('node:dgram').createSocket('udp4')
  let back = 0
  socket.on('message', bytes => (back += bytes.length))
  socket.bind(0, '127.0.9.1', () => {
    let sent = 0
    const timer = setInterval(() => {
      for (let n = 0; n < 50 && sent < packets; n++, sent++) socket.send(text, port, '127.0.0.1')
      if (sent < packets) return
      clearInterval(timer)
      setTimeout(() => { console.log(back); socket.close() }, 300)
    }, 10)
  })`

/** Resolves to the bytes that came back. */
async function flood(t: Test, target: Target, message = text): Promise<number> {
  const child = spawn(process.execPath, ['-e', sender, String(target.port('udp')), String(packets), message])
  t.teardown(() => child.kill())
  let said = ''
  child.stdout.on('data', chunk => (said += String(chunk)))
  await once(child, 'close')
  return Number(said)
}

t.test('thousands of datagrams of a stranger get not one byte back', async t => {
  const target = await openTarget(t, { listeners: ['udp'], mayEnter: isListed })
  t.equal(await flood(t, target), 0)
  t.strictSame(target.heard(), [])
  t.ok(target.count('portico_datagrams_unheard_total') > 0.9 * packets)
})

t.test('they are not even read: what would be malformed is not found so', async t => {
  const malformed = text.replace('CSeq: ', 'CSeq: one ')
  const deaf = await openTarget(t, { listeners: ['udp'], mayEnter: isListed })
  await flood(t, deaf, malformed)
  t.equal(deaf.count('portico_sip_malformed_total'), 0)
  const open = await openTarget(t, { listeners: ['udp'] })
  await flood(t, open, malformed)
  t.ok(open.count('portico_sip_malformed_total') > 0)
})

t.test('without the list each of them is answered', async t => {
  const target = await openTarget(t, { listeners: ['udp'] })
  t.ok((await flood(t, target)) > 0)
  t.ok(target.heard().length > 0)
})

t.test('a listed address is served meanwhile', async t => {
  const target = await openTarget(t, { listeners: ['udp'], mayEnter: isListed })
  const trunk = await udpPeer(t)
  const flooding = flood(t, target)
  for (let n = 0; n < 10; n += 1) {
    trunk.send(requestText('OPTIONS', { callId: `probe-${n}` }), target.port('udp'))
    t.match(await trunk.answer(`probe-${n}`), { start: 'SIP/2.0 200 OK' })
    await passing(50)
  }
  t.equal(await flooding, 0)
})

for (const transport of ['tcp', 'ws'] as const) {
  t.test(`a stranger's ${transport} connection is closed without a byte`, async t => {
    const target = await openTarget(t, { listeners: [transport], mayEnter: isListed })
    t.equal(await refusedClient(target.port(transport), '127.0.9.1'), 0)
    t.equal(target.count('portico_connections_refused_total', 'not-served'), 1)
    const listed = rawClient(t, target.port(transport))
    await once(listed.socket, 'connect')
    await passing(50)
    t.equal(listed.isClosed(), false)
  })
}

t.test('the list may be one of some listeners only', async t => {
  const target = await openTarget(t, {
    listeners: ['udp', 'ws'],
    mayEnter: (address, listener) => listener === 'ws' || isListed(address),
  })
  const agent = await browser(t, target.port('ws'), { from: '127.0.9.1' })
  t.match(await agent.ask('REGISTER'), { start: 'SIP/2.0 200 OK' })
})

t.test('whom we have called may answer, and nobody else learns from that', async t => {
  const target = await openTarget(t, { listeners: ['udp'], mayEnter: isListed })
  const called = await udpPeer(t, '127.0.9.2')
  called.socket.on('message', (bytes: Buffer) => {
    const lines = bytes.toString().split('\r\n')
    const kept = lines.filter(line => /^(Via|From|To|Call-ID|CSeq):/.test(line))
    called.send(
      `${['SIP/2.0 200 OK', ...kept, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`,
      target.port('udp'),
    )
  })
  target.engine.request({ method: 'OPTIONS', uri: `sip:127.0.9.2:${called.port}` })
  const answered = (): boolean =>
    target.events.some(event => event.kind === 'response' && event.response.status === 200)
  t.ok(await within(2000, answered))
  const other = await udpPeer(t, '127.0.9.3')
  other.send(requestText('OPTIONS'), target.port('udp'))
  await passing(200)
  t.strictSame(other.got, [])
})
