// S5: responses go to where the packet came from, whatever its headers say. No option lifts this; that a victim would be
// noticed is shown by the last test.
import t from 'tap'
import { udpPeer } from '../../support/attack/peers.ts'
import { openTarget } from '../../support/attack/target.ts'
import { requestText } from '../../support/attack/text.ts'
import { fastClock, passing, within } from '../../support/attack/time.ts'

const forged: readonly [name: string, via: (port: number) => string][] = [
  ['another sent-by', port => `SIP/2.0/UDP 127.0.5.2:${port}`],
  ['another sent-by without rport', port => `SIP/2.0/UDP 127.0.5.2:${port};norport`],
  ['maddr', port => `SIP/2.0/UDP 127.0.5.1:${port};maddr=127.0.5.2`],
  ['maddr and ttl', port => `SIP/2.0/UDP 127.0.5.1:${port};maddr=127.0.5.2;ttl=1`],
  ['received', port => `SIP/2.0/UDP 127.0.5.1:${port};received=127.0.5.2`],
  ['received and rport', port => `SIP/2.0/UDP 127.0.5.1:1;received=127.0.5.2;rport=${port}`],
  ['another transport', port => `SIP/2.0/TCP 127.0.5.2:${port}`],
  ['the broadcast address', port => `SIP/2.0/UDP 255.255.255.255:${port}`],
  ['a multicast address', port => `SIP/2.0/UDP 224.0.1.75:${port};maddr=224.0.1.75`],
  ['a name', port => `SIP/2.0/UDP localhost:${port}`],
  ['the target itself', () => 'SIP/2.0/UDP 127.0.0.1:5060'],
]

for (const [name, via] of forged) {
  t.test(`a Via with ${name} leads nobody astray`, async t => {
    // Ten SIP seconds pass in one, so that the copies of the 200 are seen as well.
    const target = await openTarget(t, { listeners: ['udp'], clock: fastClock(10) })
    const attacker = await udpPeer(t, '127.0.5.1')
    const victim = await udpPeer(t, '127.0.5.2')
    const send = (method: string): void => {
      const text = requestText(method, { callId: method, via: via(victim.port) })
      const hasOwn = /rport/.test(via(1))
      attacker.send(hasOwn ? text.replace(';rport\r\n', '\r\n') : text, target.port('udp'))
    }
    send('OPTIONS')
    send('INVITE')
    // A stray one, and one that cannot be read, are answered without being kept.
    send('CANCEL')
    attacker.send(`BYE sip:a SIP/2.0\r\nVia: ${via(victim.port)};branch=z9hG4bK1\r\n\r\n`, target.port('udp'))
    t.ok(await within(2000, () => attacker.got.length >= 5), 'all of it came back')
    await passing(50)
    t.strictSame(victim.got, [])
  })
}

t.test('what is sent to the victim on purpose arrives there', async t => {
  const target = await openTarget(t, { listeners: ['udp'] })
  const victim = await udpPeer(t, '127.0.5.2')
  target.engine.request({ method: 'OPTIONS', uri: `sip:127.0.5.2:${victim.port}` })
  t.ok(await within(2000, () => victim.got.length > 0))
})
