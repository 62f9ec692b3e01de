import * as fc from 'fast-check'
import t from 'tap'
import { request, response } from '../../../../engine/message/build.ts'
import type { HeaderLine, SipMessage } from '../../../../engine/message/message.ts'
import { parseMessage } from '../../../../engine/message/parse.ts'
import { writeMessage } from '../../../../engine/message/write.ts'

const mandatory: readonly HeaderLine[] = [
  ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
  ['From', '<sip:b@example.com>;tag=1'],
  ['To', '<sip:a@example.com>'],
  ['Call-ID', 'c1'],
  ['CSeq', '1 INVITE'],
]

t.test('a message is written line by line, with its length', async t => {
  const invite = request('INVITE', 'sip:a@example.com', [['Subject', 'ö']], 'äb')
  t.equal(
    writeMessage(invite).toString(),
    'INVITE sip:a@example.com SIP/2.0\r\nSubject: ö\r\nContent-Length: 3\r\n\r\näb',
  )
  t.equal(writeMessage(response(404, [])).toString(), 'SIP/2.0 404 Not Found\r\nContent-Length: 0\r\n\r\n')
})

t.test('a given Content-Length is replaced, in whatever form', async t => {
  const lines: HeaderLine[] = [
    ['l', '99'],
    ['CONTENT-LENGTH', '98'],
    ['X', 'y'],
  ]
  t.equal(
    writeMessage(response(200, lines, { body: 'b' })).toString(),
    'SIP/2.0 200 OK\r\nX: y\r\nContent-Length: 1\r\n\r\nb',
  )
})

const injections: readonly [name: string, message: SipMessage][] = [
  ['a line feed in a value', response(200, [['X', 'a\nVia: b']])],
  ['a carriage return in a value', response(200, [['X', 'a\rb']])],
  ['a NUL in a value', response(200, [['X', 'a\0']])],
  ['a line break in a name', response(200, [['X: a\r\nY', 'b']])],
  ['a colon in a name', response(200, [['X:', 'b']])],
  ['an empty name', response(200, [['', 'b']])],
  ['a line break in the reason', response(200, [], { reason: 'OK\r\nX: y' })],
  ['a status of four digits', response(2000, [])],
  ['a status below 100', response(99, [])],
  ['a broken method', request('IN VITE', 'sip:a', [])],
  ['a blank in the Request-URI', request('INVITE', 'sip:a SIP/2.0\r\nX: y', [])],
  ['an empty Request-URI', request('INVITE', '', [])],
]

for (const [name, message] of injections) {
  t.test(`refused: ${name}`, async t => {
    t.throws(() => writeMessage(message), { code: 'E_SIP_SYNTAX' })
  })
}

const name = fc.stringMatching(/^X-[A-Za-z0-9.!%*_+`'~-]{1,20}$/)
const value = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .filter(text => !/[\r\n\0]/.test(text))
  .map(text => text.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
const more = fc.array(fc.tuple(name, value), { maxLength: 12 })
const body = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes))

t.test('what is written reads the same', async t => {
  fc.assert(
    fc.property(more, body, fc.boolean(), (lines, bytes, isRequest) => {
      const headers = [...mandatory, ...lines]
      const message = isRequest
        ? request('INVITE', 'sip:a@example.com', headers, bytes)
        : response(200, headers, { body: bytes })
      const parsed = parseMessage(writeMessage(message))
      if (!parsed.ok) throw new Error(parsed.fault.reason)
      const length: HeaderLine = ['Content-Length', String(bytes.length)]
      t.strictSame(plain(parsed.message), { ...plain(message), headers: [...headers, length] })
    }),
    { numRuns: 200 },
  )
})

t.test('no value of any header makes another line', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), text => {
      const message = response(200, [...mandatory, ['X', text]])
      try {
        const lines = writeMessage(message)
          .toString('latin1')
          .split(/\r|\n/)
          .filter(line => line !== '')
        t.equal(lines.length, mandatory.length + 3)
      } catch (error) {
        t.match(error, { code: 'E_SIP_SYNTAX' })
      }
    }),
  )
})

function plain(message: SipMessage): object {
  return { ...message, headers: message.headers.lines, body: message.body.toString('hex') }
}
