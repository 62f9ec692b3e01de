// Hiding: a media server that writes its addresses and names into everything it can write tells none of them to an agent or a
// carrier, over either edge. rtpengine is the real one.
import t, { type Test } from 'tap'
import { hostile, hostileHost, hostileNames, hostileOffer, hostileSdp } from '../../support/attack/hostile.ts'
import { phone, type Phone } from '../../support/attack/phone.ts'
import { udpPeer, type UdpPeer } from '../../support/attack/peers.ts'
import { requestText, unique, type RequestText } from '../../support/attack/text.ts'
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
import { answerTo, headerOf, methodOf, readSip, statusOf, type SipText } from '../../support/sip-text.ts'

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

const browserAnswer = browserOffer.replace('setup:actpass', 'setup:active')

t.setTimeout(120_000)
if (await inNamespace(import.meta.url)) await suite()

async function suite(): Promise<void> {
  const rtpengines = await startRtpengines(1, '127.0.0.1')
  for (const name of hostileNames) watch.mark(name)
  const media = { rtpengine: rtpengines.map(({ url }) => url) }
  for (const engine of ['embedded', 'drachtio'] as const) {
    const open = async (t: Test): Promise<Scene> => {
      const server = await openMediaServer(t, hostileHost)
      const route = `<sip:${hostileHost}:${server.sip.port};lr;at=asterisk-1.inside>`
      server.words = { ...hostile, headers: [...hostile.headers, ['Record-Route', route]] }
      const settings = { media, trunks: { probeMs: 0 } }
      const door = await openDoor(t, { engine, server: server.sip, settings })
      await door.store.pins.put({ agent: '1001', server: 'ms-1', call: 'c' })
      return { door, server }
    }
    await t.test(`with ${engine}`, t => accepted(t, open))
    await t.test(`with ${engine}`, t => calling(t, open))
    for (const status of [302, 400, 403, 404, 420, 480, 486, 488, 500, 503, 580, 603, 699])
      await t.test(`with ${engine}: a carrier and an agent that it refuses with ${status}`, async t => {
        await refused(t, await open(t), status)
      })
  }
}

interface Scene {
  readonly door: OpenDoor
  readonly server: FakeMediaServer
}

type Open = (t: Test) => Promise<Scene>

/** It takes their calls, and says all it can in them. */
async function accepted(t: Test, open: Open): Promise<void> {
  await t.test('an agent, and every request and response in that call', async t => {
    const { door, server } = await open(t)
    server.onInvite = () => ({ status: 200, words: sdp(hostileSdp), early: [180, 181, 183] })
    const agent = await phone(t, door)
    t.equal(statusOf(await agent.prove('REGISTER', {})), 200)
    const dialog = await callsIn(t, agent)
    t.ok(await within(2_000, () => server.requests.some(request => methodOf(request) === 'ACK')))
    for (const [at, method] of ['INFO', 'OPTIONS', 'MESSAGE', 'INVITE'].entries())
      await agent.say(method, { ...invite(), ...dialog, cseq: at + 2 })
    await everyRequest(server)
    nothingLeaked(t)
  })
  await t.test('a carrier, and every request and response in that call', async t => {
    const { door, server } = await open(t)
    server.onInvite = () => ({ status: 200, words: sdp(hostileSdp), early: [180, 181, 183] })
    const carrier = await udpPeer(t, '127.0.2.5')
    t.equal(statusOf(await calls(carrier, door)), 200)
    t.ok(await within(2_000, () => server.requests.some(request => methodOf(request) === 'ACK')))
    await everyRequest(server)
    nothingLeaked(t)
  })
}

/** It begins the call. */
async function calling(t: Test, open: Open): Promise<void> {
  await t.test('an agent that it rings', async t => {
    const { door, server } = await open(t)
    const agent = await phone(t, door)
    const headers = [['Contact', '<sip:device@k7.invalid;transport=ws>']] as const
    t.equal(statusOf(await agent.prove('REGISTER', {}, { headers })), 200)
    agent.socket.on('message', (data: Buffer) => {
      const said = taken(data.toString(), browserAnswer, '<sip:device@k7.invalid;transport=ws>')
      if (said !== undefined) agent.socket.send(said)
    })
    const uri = `sip:agt-1001@${domain}`
    const answer = await server.call(uri, door.port('inside'), firstOffer())
    t.equal(statusOf(answer), 200)
    await everyRequest(server)
    nothingLeaked(t)
  })
  await t.test('a carrier that it has dialled', async t => {
    const { door, server } = await open(t)
    const carrier = await udpPeer(t, '127.0.2.6')
    carrier.socket.on('message', (bytes, from) => {
      const contact = `<sip:pstn@127.0.2.6:${carrier.port}>`
      const said = taken(bytes.toString(), answerSdp('127.0.2.6'), contact)
      if (said !== undefined) carrier.send(said, from.port)
    })
    const peer = { host: '127.0.2.6', port: carrier.port, transport: 'udp', priority: 0, weight: 1 } as const
    await door.store.trunks.put({ id: 'pstn', enabled: true, addresses: [], peers: [peer] })
    await door.store.routes.put({
      id: 'out',
      enabled: true,
      rank: 1,
      when: {},
      direction: 'out',
      to: [{ kind: 'trunk', trunk: 'pstn' }],
    })
    await passing(50)
    const offer = firstOffer()
    const headers = [...(offer.headers ?? []), ['X-Portico-Agent', '1001']] as const
    const answer = await server.call(`sip:4930123@${domain}`, door.port('inside'), { ...offer, headers })
    t.equal(statusOf(answer), 200)
    await everyRequest(server)
    nothingLeaked(t)
  })
}

/** It takes no call. */
async function refused(t: Test, { door, server }: Scene, status: number): Promise<void> {
  server.onInvite = () => ({ status, early: [180] })
  const carrier = await udpPeer(t, '127.0.2.5')
  t.ok(statusOf(await calls(carrier, door)) >= 400)
  const agent = await phone(t, door)
  t.equal(statusOf(await agent.prove('REGISTER', {})), 200)
  t.ok(statusOf(await agent.say('INVITE', invite())) >= 400)
  nothingLeaked(t)
}

/** As `hostileOffer`, for a call that wants nobody's place. */
function firstOffer(): Words {
  const { headers = [], ...words } = hostileOffer(8)
  return { ...words, headers: headers.filter(([name]) => name !== 'Replaces') }
}

/** What somebody says who takes every call and every request; undefined to a response and to an ACK. */
function taken(text: string, body: string, contact: string): string | undefined {
  const request = readSip(text)
  const method = methodOf(request)
  if (method === undefined || method === 'ACK') return undefined
  if (method !== 'INVITE' && method !== 'UPDATE') return answerTo(request, 200)
  const headers = [
    ['Contact', contact],
    ['Content-Type', 'application/sdp'],
  ] as const
  return answerTo(request, 200, { headers, body })
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

/** Resolves to what names the dialog, to the agent. */
async function callsIn(t: Test, agent: Phone): Promise<RequestText> {
  const ids = { callId: unique(), fromTag: unique() }
  const answer = await agent.say('INVITE', { ...invite(), ...ids })
  t.equal(statusOf(answer), 200)
  agent.socket.send(acknowledging(answer, ids, 'SIP/2.0/WSS peer.invalid'))
  return { ...ids, toTag: tagOf(answer) }
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
  const toTag = tagOf(answer)
  const uri = /<([^>]*)>/.exec(headerOf(answer, 'contact'))?.[1] ?? ''
  return requestText('ACK', { ...ids, toTag, via, uri })
}

function tagOf(answer: SipText): string {
  return /;tag=([^;]+)/.exec(headerOf(answer, 'to'))?.[1] ?? ''
}

/** Everything that a media server may send in a dialog, BYE last. */
async function everyRequest(server: FakeMediaServer): Promise<void> {
  const { headers } = hostile
  const typed = (type: string, body: string): Words => ({
    headers: [...headers, ['Content-Type', type]],
    body,
  })
  const event = {
    type: 'ConfbridgeJoin',
    bridge: { id: hostileHost },
    channels: [{ id: hostileHost, name: `PJSIP/${hostileHost}` }],
  }
  const words = hostileNames.join(' ')
  server.send(
    'INFO',
    typed('application/dtmf-relay', `Signal=5\r\nDuration=160\r\nX-Host=${hostileHost}\r\n`),
  )
  server.send('INFO', typed('text/plain', words))
  server.send('MESSAGE', typed('text/plain', words))
  server.send('MESSAGE', typed('application/x-asterisk-confbridge-event+json', JSON.stringify(event)))
  server.send('INVITE', hostileOffer(9))
  server.send('UPDATE', hostileOffer(10))
  server.send('REFER', { headers })
  server.send('NOTIFY', typed('message/sipfrag', `SIP/2.0 200 OK from ${words}`))
  server.send('OPTIONS', { headers })
  for (const method of ['SUBSCRIBE', 'PUBLISH', 'PRACK', 'REGISTER']) server.send(method, { headers })
  await passing(500)
  server.send('BYE', { headers })
  await passing(300)
}

function nothingLeaked(t: Test): void {
  t.ok(watch.messages > 0, `${watch.messages} messages were read`)
  t.strictSame(watch.leaks(), [])
}
