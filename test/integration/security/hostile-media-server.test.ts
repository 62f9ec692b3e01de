// Hiding: a media server that writes its addresses and names into everything it can write tells none of them to an agent or a
// carrier, over either edge. rtpengine is the real one.
import t, { type Test } from 'tap'
import { phone, type Phone } from '../../support/attack/phone.ts'
import { udpPeer, type UdpPeer } from '../../support/attack/peers.ts'
import { requestText, unique } from '../../support/attack/text.ts'
import { passing, within } from '../../support/attack/time.ts'
import { watch } from '../../support/leak-scanner.ts'
import {
  answerSdp,
  openMediaServer,
  sdp,
  type FakeMediaServer,
  type Words,
} from '../../support/media-server.ts'
import { inNamespace } from '../../support/namespace.ts'
import { domain, openDoor, type OpenDoor } from '../../support/open-door.ts'
import { startRtpengines } from '../../support/rtpengines.ts'
import { headerOf, methodOf, statusOf, type SipText } from '../../support/sip-text.ts'

const host = '127.0.1.1'
const names = [host, 'asterisk-1.inside', '10.1.2.3', 'fd00::7']
const text = names.join(' ')

const hostile: Words = {
  reason: `OK says ${text}`,
  headers: [
    ['Server', `Asterisk PBX 22 on ${text}`],
    ['User-Agent', `Asterisk PBX 22 on ${text}`],
    ['Organization', text],
    ['Subject', text],
    ['Warning', `399 ${host} "${text}"`],
    ['Reason', `Q.850;cause=17;text="${text}"`],
    ['Retry-After', `5 (${text})`],
    ['P-Asserted-Identity', `"${text}" <sip:asterisk@${host}>`],
    ['Remote-Party-ID', `<sip:asterisk@${host}>`],
    ['Diversion', `<sip:asterisk@${host}>`],
    ['History-Info', `<sip:asterisk@${host}>;index=1`],
    ['Call-Info', `<http://${host}/>;purpose=info`],
    ['Alert-Info', `<http://${host}/ring>`],
    ['Error-Info', `<sip:${host}>`],
    ['Reply-To', `<sip:asterisk@${host}>`],
    ['Refer-To', `<sip:asterisk@${host}>`],
    ['Referred-By', `<sip:asterisk@${host}>`],
    ['Geolocation', `<sip:${host}>`],
    ['Authentication-Info', `nextnonce="${host}"`],
    ['X-Asterisk-HangupCause', text],
    ['X-Portico-Call', host],
    ['Timestamp', host],
    ['Date', text],
  ],
}

const hostileSdp = [
  'v=0',
  `o=asterisk-1.inside 7 8 IN IP4 ${host}`,
  `s=Asterisk on ${text}`,
  `i=${text}`,
  `u=http://${host}/`,
  `e=root@${host}`,
  `p=+49 30 ${host}`,
  `c=IN IP4 ${host}`,
  't=0 0',
  `a=tool:Asterisk PBX ${text}`,
  `a=x-server:${text}`,
  'm=audio 10000 RTP/AVP 8',
  `i=${text}`,
  'a=rtpmap:8 PCMA/8000',
  `a=fmtp:8 via=${host}`,
  `a=rtcp:10001 IN IP4 ${host}`,
  `a=candidate:1 1 UDP 2130706431 ${host} 10000 typ host`,
  `a=candidate:2 1 UDP 1694498815 10.1.2.3 10000 typ srflx raddr ${host} rport 10000`,
  `a=ssrc:1 cname:asterisk@${host}`,
  `a=msid:${host} a0`,
  `a=mid:${host}`,
  'a=sendrecv',
  '',
].join('\r\n')

const browserOffer = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 8',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  'a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF',
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:8 PCMA/8000',
  '',
].join('\r\n')

t.setTimeout(120_000)
if (await inNamespace(import.meta.url)) await suite()

async function suite(): Promise<void> {
  const rtpengines = await startRtpengines(1, '127.0.0.1')
  for (const name of names) watch.mark(name)
  for (const engine of ['embedded', 'drachtio'] as const) {
    const open = async (t: Test): Promise<{ door: OpenDoor; server: FakeMediaServer }> => {
      const server = await openMediaServer(t, host)
      server.words = hostile
      const media = { rtpengine: rtpengines.map(({ url }) => url) }
      const door = await openDoor(t, { engine, server: server.sip, settings: { media } })
      await door.store.pins.put({ agent: '1001', server: 'ms-1', call: 'c' })
      return { door, server }
    }
    await t.test(`${engine}: an agent that it accepts, and every request in that call`, async t => {
      const { door, server } = await open(t)
      server.onInvite = () => ({ status: 200, words: sdp(hostileSdp) })
      const agent = await phone(t, door)
      t.equal(statusOf(await agent.prove('REGISTER', {})), 200)
      await callsIn(t, agent)
      await everyRequest(t, server)
      nothingLeaked(t)
    })
    await t.test(`${engine}: a carrier that it accepts`, async t => {
      const { door, server } = await open(t)
      server.onInvite = () => ({ status: 200, words: sdp(hostileSdp) })
      const carrier = await udpPeer(t, '127.0.2.5')
      t.equal(statusOf(await calls(carrier, door)), 200)
      await everyRequest(t, server)
      nothingLeaked(t)
    })
    for (const status of [302, 400, 403, 404, 420, 480, 486, 488, 500, 503, 580, 603, 699]) {
      await t.test(`${engine}: a carrier and an agent that it refuses with ${status}`, async t => {
        const { door, server } = await open(t)
        server.onInvite = () => ({ status })
        const carrier = await udpPeer(t, '127.0.2.5')
        t.ok(statusOf(await calls(carrier, door)) >= 400)
        const agent = await phone(t, door)
        t.equal(statusOf(await agent.prove('REGISTER', {})), 200)
        t.ok(statusOf(await agent.say('INVITE', invite())) >= 400)
        nothingLeaked(t)
      })
    }
  }
}

function invite() {
  return {
    uri: `sip:conference@${domain}`,
    headers: [
      ['Content-Type', 'application/sdp'],
      ['Contact', '<sip:device@k7.invalid;transport=ws>'],
    ] as const,
    body: browserOffer,
  }
}

async function callsIn(t: Test, agent: Phone): Promise<void> {
  const ids = { callId: unique(), fromTag: unique() }
  const answer = await agent.say('INVITE', { ...invite(), ...ids })
  t.equal(statusOf(answer), 200)
  agent.socket.send(acknowledging(answer, ids, 'SIP/2.0/WSS peer.invalid'))
}

async function calls(carrier: UdpPeer, door: OpenDoor): Promise<SipText> {
  const callId = unique()
  const fromTag = unique()
  const via = `SIP/2.0/UDP 127.0.2.5:${carrier.port}`
  const headers = [['Content-Type', 'application/sdp']] as const
  const body = answerSdp('127.0.2.5')
  carrier.send(
    requestText('INVITE', { callId, fromTag, via, uri: 'sip:1001@door', headers, body }),
    door.port('trunk'),
  )
  const answer = await carrier.answer(callId)
  if (statusOf(answer) < 300)
    carrier.send(acknowledging(answer, { callId, fromTag }, via), door.port('trunk'))
  return answer
}

function acknowledging(answer: SipText, ids: { callId: string; fromTag: string }, via: string): string {
  const toTag = /;tag=([^;]+)/.exec(headerOf(answer, 'to'))?.[1] ?? ''
  const uri = /<([^>]*)>/.exec(headerOf(answer, 'contact'))?.[1] ?? ''
  return requestText('ACK', { ...ids, toTag, via, uri })
}

/** Everything that a media server may send in a dialog, BYE last. */
async function everyRequest(t: Test, server: FakeMediaServer): Promise<void> {
  t.ok(await within(2_000, () => server.requests.some(request => methodOf(request) === 'ACK')))
  const { headers = [] } = hostile
  const typed = (type: string, body: string): Words => ({
    headers: [...headers, ['Content-Type', type]],
    body,
  })
  const event = {
    type: 'ConfbridgeJoin',
    bridge: { id: host },
    channels: [{ id: host, name: `PJSIP/${host}` }],
  }
  server.send('INFO', typed('application/dtmf-relay', `Signal=5\r\nDuration=160\r\nX-Host=${host}\r\n`))
  server.send('INFO', typed('text/plain', text))
  server.send('MESSAGE', typed('text/plain', text))
  server.send('MESSAGE', typed('application/x-asterisk-confbridge-event+json', JSON.stringify(event)))
  server.send('INVITE', sdp(hostileSdp.replace(' 7 8 ', ' 7 9 '), { headers }))
  server.send('UPDATE', sdp(hostileSdp.replace(' 7 8 ', ' 7 10 '), { headers }))
  server.send('REFER', { headers })
  server.send('NOTIFY', typed('message/sipfrag', `SIP/2.0 200 OK from ${text}`))
  server.send('OPTIONS', { headers })
  await passing(500)
  server.send('BYE', { headers })
  await passing(300)
}

function nothingLeaked(t: Test): void {
  t.ok(watch.messages > 0, `${watch.messages} messages were read`)
  t.strictSame(watch.leaks(), [])
}
