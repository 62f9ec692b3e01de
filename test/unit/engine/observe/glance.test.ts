import t from 'tap'
import { glance, glanceCallId } from '../../../../engine/observe/glance.ts'

const cases: readonly [
  name: string,
  text: string,
  seen: { method: string; status?: string },
  callId: string | undefined,
][] = [
  [
    'a request',
    'INVITE sip:a@b SIP/2.0\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n\r\n',
    { method: 'INVITE' },
    'one',
  ],
  [
    'a response',
    'SIP/2.0 180 Ringing\r\nCSeq: 7 INVITE\r\nCall-ID: two\r\n\r\n',
    { method: 'INVITE', status: '180' },
    'two',
  ],
  [
    'short names in any case',
    'SIP/2.0 200 OK\r\nI\t:  three \r\ncseq:1   BYE\r\n\r\n',
    { method: 'BYE', status: '200' },
    'three',
  ],
  [
    'a Call-ID in a body',
    'BYE sip:a SIP/2.0\r\ni: four\r\n\r\nX: y\r\nCall-id: five\r\n',
    { method: 'BYE' },
    'four',
  ],
  [
    'a tab before the method',
    'SIP/2.0 487 Request Terminated\r\nCall-ID: six\r\nCSeq: 9\tINVITE \r\n\r\n',
    { method: 'INVITE', status: '487' },
    'six',
  ],
  ['none at all', 'BYE sip:a SIP/2.0\r\nX: y\r\n\r\n', { method: 'BYE' }, undefined],
  ['no message', '\0\0\0', { method: '' }, undefined],
  ['nothing', '', { method: '' }, undefined],
  ['a method without end', 'X'.repeat(1000), { method: '' }, undefined],
]

for (const [name, text, seen, callId] of cases) {
  t.test(`it sees ${name}`, async t => {
    t.strictSame(glance(Buffer.from(text)), seen)
    t.equal(glanceCallId(Buffer.from(text)), callId)
  })
}

t.test('a long Call-ID is cut', async t => {
  const id = glanceCallId(Buffer.from(`BYE sip:a SIP/2.0\r\nCall-ID: ${'x'.repeat(9000)}\r\n\r\n`))
  t.equal(id?.length, 256)
})
