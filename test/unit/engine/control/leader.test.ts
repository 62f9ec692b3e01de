import t from 'tap'
import {
  deliveryLeader,
  newRequestLeader,
  parseAppMessage,
  replyLeader,
  requestSentLeader,
  responseSentLeader,
  timeOfDay,
} from '../../../../engine/control/leader.ts'

const place = { transport: 'wss', address: '198.51.100.7', port: 52110 } as const
const time = '12:00:00.000000'

t.test('what applications say is read by its first line', async t => {
  const cases: readonly [payload: string, expected: unknown][] = [
    [
      'i|authenticate|cymru|tag1,tag2',
      { kind: 'authenticate', id: 'i', secret: 'cymru', tags: ['tag1', 'tag2'] },
    ],
    ['i|authenticate|cymru|', { kind: 'authenticate', id: 'i', secret: 'cymru', tags: [] }],
    ['i|route|INVITE', { kind: 'route', id: 'i', verb: 'invite' }],
    ['i|remove_route|invite', { kind: 'remove-route', id: 'i', verb: 'invite' }],
    ['i|ping', { kind: 'ping', id: 'i' }],
    [
      'i|proxy|t1|remainInDialog|fullResponse|followRedirects|simultaneous|1s|20s|sip:x|tel:1\r\nX',
      {
        kind: 'proxy',
        id: 'i',
        transaction: 't1',
        remainInDialog: true,
        fullResponse: true,
        followRedirects: true,
        simultaneous: true,
        provisionalTimeout: '1s',
        finalTimeout: '20s',
        destinations: ['sip:x', 'tel:1'],
        text: Buffer.from('X'),
      },
    ],
    [
      'i|proxy|t1||||serial|||sip:x',
      {
        kind: 'proxy',
        id: 'i',
        transaction: 't1',
        remainInDialog: false,
        fullResponse: false,
        followRedirects: false,
        simultaneous: false,
        provisionalTimeout: '',
        finalTimeout: '',
        destinations: ['sip:x'],
        text: Buffer.alloc(0),
      },
    ],
    ['i|dance', { kind: 'unknown', id: 'i' }],
    ['i|sip||\r\nX', { kind: 'sip', id: 'i', text: Buffer.from('X') }],
    ['i|sip|t1', { kind: 'sip', id: 'i', transaction: 't1', text: Buffer.alloc(0) }],
    ['i|sip||c;from-tag=f\r\nX', { kind: 'sip', id: 'i', dialog: 'c;from-tag=f', text: Buffer.from('X') }],
    [
      'i|sip|||sip:198.51.100.7:52110;transport=wss\r\nX',
      { kind: 'sip', id: 'i', nextHop: 'sip:198.51.100.7:52110;transport=wss', text: Buffer.from('X') },
    ],
  ]
  for (const [payload, expected] of cases) {
    t.strictSame(parseAppMessage(Buffer.from(payload)), expected, payload)
  }
})

t.test('a message without a usable id is none', async t => {
  for (const payload of ['', '|ping', 'a b|ping', `${'x'.repeat(129)}|ping`, 'ü|ping']) {
    t.equal(parseAppMessage(Buffer.from(payload)), undefined, payload.slice(0, 20))
  }
})

t.test(
  'a new request tells the local address in fields 10 and 11 and the connection in field 12',
  async t => {
    const leader = newRequestLeader({
      id: 'u',
      bytes: 500,
      place,
      time,
      transaction: 't1',
      local: { host: '10.0.0.4', port: 8443 },
      flow: 'f1',
    })
    t.equal(leader, `u|sip|network|500|wss|198.51.100.7|52110|${time}|t1||10.0.0.4|8443|f1`)
  },
)

t.test('a delivery inside a dialog names transaction and dialog in fields 8 and 9', async t => {
  const leader = deliveryLeader({
    id: 'u',
    from: 'network',
    bytes: 5,
    place,
    time,
    transaction: 't1',
    dialog: 'd1',
  })
  t.equal(leader, `u|sip|network|5|wss|198.51.100.7|52110|${time}|t1|d1|`)
})

t.test('a response that was made here has no bytes and no address', async t => {
  const made = { id: 'u', from: 'network', bytes: 5, place: undefined, time, transaction: 't1' } as const
  t.equal(deliveryLeader({ ...made, dialog: undefined }), `u|sip|network|0|unknown|||${time}|t1||`)
})

t.test(
  'the echo of a request has the transaction in field 10, that of a response also the dialog in field 11',
  async t => {
    const told = { id: 'u', to: 'a1', bytes: 5, place, time, transaction: 't1' }
    const request = requestSentLeader(told).split('|')
    t.strictSame(request.slice(0, 5), ['u', 'response', 'a1', 'OK', 'application'])
    t.strictSame(request.slice(9), [time, 't1', 'Msg sent:', ''])
    const response = responseSentLeader({ ...told, dialog: 'd1' }).split('|')
    t.strictSame(response.slice(9), [time, 't1', 'd1', '', 'Msg sent:', ''])
  },
)

t.test('a reply without a message is status and fields', async t => {
  t.equal(replyLeader('u', 'a1', 'OK'), 'u|response|a1|OK')
  t.equal(replyLeader('u', 'a1', 'NOK', 'no'), 'u|response|a1|NOK|no')
})

t.test('the time is of the day, in microseconds', async t => {
  t.equal(timeOfDay(Date.UTC(2026, 6, 1, 3, 4, 5, 67)), '03:04:05.067000')
  t.equal(timeOfDay(Date.UTC(2026, 6, 1, 23, 59, 59, 999) + 0.25), '23:59:59.999250')
})
