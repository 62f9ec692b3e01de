// W2: an upgrade has the subprotocol sip, version 13, GET, HTTP/1.1 and a Host; nothing else becomes a WebSocket.
import t from 'tap'
import { rawClient, upgradeText } from '../../support/attack/peers.ts'
import { openTarget } from '../../support/attack/target.ts'
import { within } from '../../support/attack/time.ts'

type Lines = Readonly<Record<string, string>>

const refused: readonly [name: string, status: number, lines: Lines, start?: string][] = [
  ['no subprotocol', 400, { 'Sec-WebSocket-Protocol': '' }],
  ['another subprotocol', 400, { 'Sec-WebSocket-Protocol': 'msrp' }],
  ['the subprotocol in capitals', 400, { 'Sec-WebSocket-Protocol': 'SIP' }],
  ['a subprotocol that begins alike', 400, { 'Sec-WebSocket-Protocol': 'sips' }],
  ['the subprotocol twice', 400, { 'Sec-WebSocket-Protocol': 'sip\r\nSec-WebSocket-Protocol: sip' }],
  ['version 8', 426, { 'Sec-WebSocket-Version': '8' }],
  ['version 14', 426, { 'Sec-WebSocket-Version': '14' }],
  ['no version', 426, { 'Sec-WebSocket-Version': '' }],
  ['two versions', 426, { 'Sec-WebSocket-Version': '13, 8' }],
  ['no key', 400, { 'Sec-WebSocket-Key': '' }],
  ['a short key', 400, { 'Sec-WebSocket-Key': 'AAAA' }],
  ['POST', 405, {}, 'POST /sip HTTP/1.1'],
  ['HTTP/1.0', 400, {}, 'GET /sip HTTP/1.0'],
  ['another path', 404, {}, 'GET / HTTP/1.1'],
  ['a path that begins alike', 404, {}, 'GET /sip/ HTTP/1.1'],
  ['the URL of a proxy', 404, {}, 'GET http://evil.example/sip HTTP/1.1'],
  ['another protocol', 400, { Upgrade: 'h2c' }],
  ['no host', 400, { Host: '' }],
  ['the name of somebody else', 400, { Host: 'evil.example' }],
]

const hosts = ['127.0.0.1', 'agents.example.com']

for (const [name, status, lines, start] of refused) {
  t.test(`an upgrade with ${name} gets ${status}`, async t => {
    const target = await openTarget(t, { ws: { hosts } })
    const client = rawClient(t, target.port('ws'))
    client.socket.write(upgradeText(lines, start))
    await client.closed
    t.match(client.got(), new RegExp(`^HTTP/1\\.1 ${status} `))
    t.equal(target.flows(), 0)
    t.equal(target.count('portico_upgrades_refused_total'), 1)
  })
}

const accepted: readonly [name: string, lines: Lines][] = [
  ['sip alone', {}],
  ['sip among others', { 'Sec-WebSocket-Protocol': 'sip, x' }],
  ['sip behind others', { 'Sec-WebSocket-Protocol': 'x,sip' }],
  ['a known name in capitals', { Host: 'AGENTS.example.com' }],
  [
    'an offer to compress',
    { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover; client_max_window_bits' },
  ],
]

for (const [name, lines] of accepted) {
  t.test(`an upgrade with ${name} is answered with exactly sip, and no extension`, async t => {
    const target = await openTarget(t, { ws: { hosts } })
    const client = rawClient(t, target.port('ws'))
    client.socket.write(upgradeText(lines))
    t.ok(await within(2000, () => client.got().includes('\r\n\r\n')))
    t.match(client.got(), /^HTTP\/1\.1 101 /)
    t.strictSame(client.got().match(/^Sec-WebSocket-(Protocol|Extensions): .*$/gim), [
      'Sec-WebSocket-Protocol: sip',
    ])
  })
}

t.test('without the list of names every Host is taken, but none is not', async t => {
  const target = await openTarget(t)
  const anyone = rawClient(t, target.port('ws'))
  anyone.socket.write(upgradeText({ Host: 'evil.example' }))
  t.ok(await within(2000, () => anyone.got().startsWith('HTTP/1.1 101')))
  const nobody = rawClient(t, target.port('ws'))
  nobody.socket.write(upgradeText({ Host: '' }))
  await nobody.closed
  t.match(nobody.got(), /^HTTP\/1\.1 400 /)
})
