import t from 'tap'
import { ladder } from '../../../cli/ladder.ts'
import type { TraceOutput } from '../../../selector/contract.ts'

type Message = TraceOutput['messages'][number]

const browser = { host: '198.51.100.7', port: 50_001 }
const asterisk = { host: '10.0.0.9', port: 5060 }

function message(ms: number, way: 'in' | 'out', peer: Message['peer'], lines: readonly string[]): Message {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, ms)
  const local = { host: '192.0.2.1', port: 8443 }
  const transport = peer === browser ? 'wss' : 'udp'
  return { leg: 'one', at, direction: way, transport, local, peer, text: `${lines.join('\r\n')}\r\n\r\n` }
}

const sdp = 'Content-Type: application/sdp'

t.test('who called stands left of us, whom we asked stands right, one line a message', async t => {
  t.strictSame(
    ladder([
      message(1, 'in', browser, ['INVITE sip:a SIP/2.0', 'CSeq: 1 INVITE', sdp]),
      message(2, 'out', asterisk, ['INVITE sip:agt-a SIP/2.0', 'c: application/sdp']),
      message(30, 'in', asterisk, ['SIP/2.0 200 OK', 'CSeq: 1 INVITE', sdp]),
      message(31, 'out', browser, ['SIP/2.0 200 OK', 'CSeq: 1 INVITE', sdp]),
      message(99, 'in', browser, ['ACK sip:a SIP/2.0']),
    ]),
    [
      '                  wss 198.51.100.7:50001                 portico                    udp 10.0.0.9:5060',
      '03:04:05.001                 |---------- INVITE sdp -------->|                               |',
      '03:04:05.002                 |                               |---------- INVITE sdp -------->|',
      '03:04:05.030                 |                               |<---- 200 OK (INVITE) sdp -----|',
      '03:04:05.031                 |<---- 200 OK (INVITE) sdp -----|                               |',
      '03:04:05.099                 |------------- ACK ------------>|                               |',
    ],
  )
})

t.test('an arrow to somebody further out crosses the lines between', async t => {
  const other = { host: '10.0.0.10', port: 5060 }
  const lines = ladder([
    message(1, 'in', browser, ['INVITE sip:a SIP/2.0']),
    message(2, 'out', asterisk, ['INVITE sip:a SIP/2.0']),
    message(3, 'out', other, ['INVITE sip:a SIP/2.0']),
  ])
  t.match(lines[3], /\|-{10,} INVITE -{10,}>\|$/)
})

t.test('a phrase that is too long for its arrow is cut', async t => {
  const [, line = ''] = ladder([message(1, 'in', browser, [`SIP/2.0 500 ${'very '.repeat(40)}long`])])
  t.ok(line.length < 90)
  t.match(line, /<|>/)
})

t.test('no messages make no rungs', async t => {
  t.strictSame(
    ladder([]).map(line => line.trim()),
    ['portico'],
  )
})
