// W5: one SIP message for each WebSocket message. What stands behind the body, or is missing from it, is an offence: 400, and
// the second request that it may hide is never seen. There is no option that lifts this; the last test shows that the same
// bytes are heard where they may be.
import t from 'tap'
import { browser, frame, rawClient, upgradeText } from '../../support/attack/peers.ts'
import { openTarget } from '../../support/attack/target.ts'
import { requestText } from '../../support/attack/text.ts'
import { within } from '../../support/attack/time.ts'

const via = 'SIP/2.0/WS x.invalid'
const first = requestText('MESSAGE', { via, callId: 'first' })
const second = requestText('INVITE', { via, callId: 'second' })

/** The message with another Content-Length. */
function saying(length: string, body = ''): string {
  return first.replace(/Content-Length: \d+/, `Content-Length: ${length}`) + body
}

const hidden: readonly [name: string, payload: string, heard: readonly string[]][] = [
  ['a second request behind the first', first + second, []],
  ['a second request behind a keep-alive', `${first}\r\n\r\n${second}`, []],
  ['a second request in a body that is said to be shorter', saying('4', `v=0\n${second}`), []],
  ['one byte too many', `${first}x`, []],
  ['a line break too many', `${first}\r\n`, []],
  ['a body that is said to be longer', saying('100', 'v=0'), []],
  ['a length of 2^31', saying('2147483648', second), []],
  ['a length of 2^64', saying('18446744073709551616', second), []],
  ['a negative length', saying('-1', second), []],
  ['two lengths', saying(`0\r\nContent-Length: ${second.length}`, second), []],
  ['the short and the long name', saying(`0\r\nl: ${second.length}`, second), []],
]

for (const [name, payload, heard] of hidden) {
  t.test(`${name} is refused, and nothing of it heard`, async t => {
    const target = await openTarget(t)
    const client = rawClient(t, target.port('ws'))
    client.socket.write(upgradeText())
    client.socket.write(frame(payload))
    t.ok(await within(2000, () => client.got().includes('SIP/2.0 400 ')))
    t.strictSame(target.heard(), heard)
    t.notMatch(client.got(), /SIP\/2\.0 200/)
  })
}

t.test('bytes behind a message close the connection', async t => {
  const target = await openTarget(t)
  const agent = await browser(t, target.port('ws'))
  agent.socket.send(first + second)
  t.equal(await agent.closed, 1000)
  t.equal(target.count('portico_sip_malformed_total', 'trailing-bytes'), 1)
})

t.test('the two are heard when each comes by itself', async t => {
  const target = await openTarget(t)
  const agent = await browser(t, target.port('ws'))
  agent.socket.send(first)
  agent.socket.send(second)
  t.ok(await within(2000, () => target.heard().length === 2))
  t.strictSame(target.heard(), ['first', 'second'])
})
