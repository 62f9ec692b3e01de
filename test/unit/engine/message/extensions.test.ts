import t from 'tap'
import { request, response } from '../../../../engine/message/build.ts'
import { Headers } from '../../../../engine/message/headers.ts'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import { allows, optionTags, understands } from '../../../../engine/message/option-tags.ts'
import { rackFor, rackOf, reliableSeq } from '../../../../engine/message/rack.ts'
import {
  minSessionExpires,
  parseSessionExpires,
  sessionExpires,
  writeSessionExpires,
  type SessionExpires,
} from '../../../../engine/message/session-expires.ts'

t.test('option tags are those of every line, in lower case', async t => {
  const headers = new Headers([
    ['Require', '100REL, timer'],
    ['k', 'replaces'],
    ['require', ' x '],
  ])
  t.strictSame(optionTags(headers, 'Require'), ['100rel', 'timer', 'x'])
  t.strictSame(optionTags(headers, 'Supported'), ['replaces'])
  t.strictSame(optionTags(headers, 'Proxy-Require'), [])
  t.strictSame(
    ['timer', 'replaces', 'path'].map(tag => understands(headers, tag)),
    [true, true, false],
  )
})

t.test('a method is allowed when it is listed, in its own case', async t => {
  const headers = new Headers([
    ['Allow', 'INVITE, ACK'],
    ['Allow', 'UPDATE'],
  ])
  t.strictSame(
    ['UPDATE', 'ACK', 'update', 'INFO'].map(method => allows(headers, method)),
    [true, true, false, false],
  )
  t.equal(allows(new Headers([]), 'INVITE'), false)
})

const intervals: readonly [value: string, SessionExpires | undefined][] = [
  ['1800', { seconds: 1800 }],
  [' 90 ; refresher=UAC', { seconds: 90, refresher: 'uac' }],
  ['90;x=y;refresher=uas', { seconds: 90, refresher: 'uas' }],
  ['90;refresher=proxy', { seconds: 90 }],
  ['2147483647', { seconds: 2_147_483_647 }],
  ['2147483648', undefined],
  ['0', undefined],
  ['-1', undefined],
  ['90 seconds', undefined],
  ['99999999999', undefined],
  ['', undefined],
]

for (const [value, parsed] of intervals) {
  t.test(`Session-Expires "${value}" is ${parsed ? 'read' : 'no interval'}`, async t => {
    t.strictSame(parseSessionExpires(value), parsed)
    if (parsed !== undefined) t.strictSame(parseSessionExpires(writeSessionExpires(parsed)), parsed)
  })
}

t.test('the compact form counts, and Min-SE is at least 90', async t => {
  t.strictSame(sessionExpires(new Headers([['x', '600']])), { seconds: 600 })
  t.equal(sessionExpires(new Headers([])), undefined)
  const least = ['120', '20', 'x', '300;p=1'].map(value =>
    minSessionExpires(new Headers([['Min-SE', value]])),
  )
  t.strictSame(least, [120, 90, 90, 300])
  t.equal(minSessionExpires(new Headers([])), 90)
})

const ring = (status: number, ...lines: readonly HeaderLine[]) =>
  response(status, [['CSeq', '7 INVITE'], ...lines])
const reliable: readonly HeaderLine[] = [
  ['Require', '100rel'],
  ['RSeq', ' 9 '],
]

t.test('only a provisional response that says so twice needs a PRACK', async t => {
  t.equal(reliableSeq(ring(180, ...reliable)), 9)
  t.equal(rackFor(ring(183, ...reliable)), '9 7 INVITE')
  for (const [name, not] of [
    ['100', ring(100, ...reliable)],
    ['200', ring(200, ...reliable)],
    ['no RSeq', ring(180, ['Require', '100rel'])],
    ['no Require', ring(180, ['RSeq', '9'], ['Supported', '100rel'])],
    ['a broken RSeq', ring(180, ['Require', '100rel'], ['RSeq', 'nine'])],
  ] as const) {
    t.equal(reliableSeq(not), undefined, name)
    t.equal(rackFor(not), undefined, name)
  }
})

function rack(value: string): ReturnType<typeof rackOf> {
  return rackOf(request('PRACK', 'sip:a@b', [['RAck', value]]))
}

t.test('RAck names a response and its request', async t => {
  t.strictSame(rack(' 776656  1 INVITE '), { rseq: 776_656, cseq: 1, method: 'INVITE' })
  t.strictSame(rack('1 2 INVITE INVITE'), { rseq: 1, cseq: 2, method: 'INVITE' }, 'what follows is let pass')
  for (const broken of ['', '1 INVITE', '1 2', 'a 1 INVITE', '99999999999 1 INVITE'])
    t.equal(rack(broken), undefined, broken)
  t.equal(rackOf(request('PRACK', 'sip:a@b', [])), undefined)
})

t.test('headers with another value in one line keep the rest, and what was read of it', async t => {
  const before = new Headers([
    ['v', 'SIP/2.0/UDP a;branch=z9hG4bK1'],
    ['CSeq', '1 INVITE'],
  ])
  t.equal(before.topVia()?.branch, 'z9hG4bK1')
  t.equal(before.cseq()?.number, 1)
  const after = before.with(0, 'SIP/2.0/UDP a;branch=z9hG4bK2')
  t.equal(after.topVia()?.branch, 'z9hG4bK2')
  t.equal(after.cseq(), before.cseq(), 'it is not read again')
  t.equal(after.get('Via'), 'SIP/2.0/UDP a;branch=z9hG4bK2')
  t.equal(before.get('Via'), 'SIP/2.0/UDP a;branch=z9hG4bK1')
  t.equal(after.with(1, '2 INVITE').cseq()?.number, 2)
  t.equal(before.with(9, 'x'), before, 'a line that is not there changes nothing')
})
