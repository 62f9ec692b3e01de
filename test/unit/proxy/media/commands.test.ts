import t from 'tap'
import { answerCommand, dropCommand, endCommand, offerCommand } from '../../../../proxy/media/commands.ts'
import type { MediaParty } from '../../../../proxy/ports.ts'

const browser: MediaParty = { tag: 'a', side: 'browser' }
const carrier: MediaParty = { tag: 'c', side: 'carrier' }
const server: MediaParty = { tag: 'b1', side: 'server' }
const exchange = (from: MediaParty, to: MediaParty) => ({ call: 'c1', from, to, sdp: 'v=0' })

t.test('an offer of a browser reaches a media server as plain RTP', async t => {
  t.match(offerCommand(exchange(browser, server), 'opus'), {
    command: 'offer',
    'call-id': 'c1',
    'from-tag': 'a',
    'to-tag': 'b1',
    'via-branch': 'b1',
    direction: ['pub', 'priv'],
    'transport-protocol': 'RTP/AVP',
    ICE: 'remove',
    DTLS: 'passive',
    'rtcp-mux': ['demux'],
  })
})

t.test('an offer of a media server reaches a browser as WebRTC', async t => {
  const command = offerCommand(exchange(server, browser), 'opus')
  t.match(command, {
    direction: ['priv', 'pub'],
    'transport-protocol': 'UDP/TLS/RTP/SAVPF',
    ICE: 'force',
    'rtcp-mux': ['offer', 'require'],
  })
  t.notOk('DTLS' in command)
})

t.test('the tags of an answer are those of its offer, and the protocol is the one offered', async t => {
  const command = answerCommand(exchange(server, browser))
  t.match(command, { 'from-tag': 'a', 'to-tag': 'b1', 'via-branch': 'b1', direction: ['priv', 'pub'] })
  t.match(command, { ICE: 'force', 'rtcp-mux': ['accept'] })
  t.notOk('transport-protocol' in command)
})

t.test('keys never come by SDP, and only the endpoint that is known is listened to', async t => {
  for (const [from, to] of [
    [browser, server],
    [server, browser],
    [carrier, server],
    [server, carrier],
  ] as const) {
    for (const command of [offerCommand(exchange(from, to), 'opus'), answerCommand(exchange(from, to))]) {
      const flags: unknown = command['flags']
      t.match(flags, ['SDES-no', 'strict-source', 'port-latching'])
      t.ok(
        Array.isArray(flags) &&
          flags.includes(from === server ? 'endpoint-learning-off' : 'endpoint-learning-heuristic'),
      )
    }
  }
})

t.test('one party is dropped by its tag and branch, the whole call by neither', async t => {
  t.strictSame(dropCommand('c1', 'b1'), {
    command: 'delete',
    'call-id': 'c1',
    'delete delay': 0,
    'from-tag': 'b1',
    'via-branch': 'b1',
    flags: ['fast'],
  })
  t.strictSame(endCommand('c1'), { command: 'delete', 'call-id': 'c1', 'delete delay': 0 })
})
