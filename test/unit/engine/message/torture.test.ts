import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { cseq, fromTag, toTag, topVia } from '../../../../engine/message/accessors.ts'
import { parseMessage } from '../../../../engine/message/parse.ts'
import { parseUri } from '../../../../engine/message/uri.ts'
import { writeMessage } from '../../../../engine/message/write.ts'
import type { SipMessage } from '../../../../engine/message/message.ts'

/** What is wrong with each message that this layer must refuse, and the status it may be answered with (responses: none). */
const refusals: Readonly<Record<string, readonly [reason: string, status?: number]>> = {
  badaspec: ['invalid-to', 400],
  baddn: ['unterminated-headers', 400],
  badinv01: ['invalid-via', 400],
  badvers: ['unsupported-version', 505],
  bigcode: ['invalid-status-line'],
  clerr: ['body-too-short', 400],
  escruri: ['request-uri-with-headers', 400],
  insuf: ['missing-from', 400],
  'ipv6-bad': ['invalid-request-uri', 400],
  ltgtruri: ['invalid-request-uri', 400],
  lwsruri: ['invalid-request-uri', 400],
  lwsstart: ['invalid-request-uri', 400],
  mcl01: ['repeated-content-length', 400],
  mismatch01: ['cseq-method-mismatch', 400],
  mismatch02: ['cseq-method-mismatch', 400],
  multi01: ['repeated-cseq', 400],
  ncl: ['invalid-content-length', 400],
  quotbal: ['invalid-to', 400],
  regbadct: ['invalid-contact', 400],
  scalar02: ['invalid-cseq', 400],
  scalarlg: ['invalid-cseq'],
  trws: ['invalid-request-line', 400],
}

/** No section of RFC 4475 refers to it, and it is not a whole message. */
const unreferenced = new Set(['test'])

for (const [corpus, extension, load] of [
  ['rfc4475', '.dat', (bytes: Buffer) => bytes],
  ['rfc5118', '', repaired],
] as const) {
  const folder = fileURLToPath(new URL(`../../../fixtures/${corpus}/`, import.meta.url))
  const expected = expectations(`${folder}expected.json`)
  for (const [name, parser] of expected) {
    if (unreferenced.has(name)) continue
    const bytes = load(readFileSync(`${folder}${name}${extension}`))
    const mayAccept = parser.startsWith('accept')
    t.test(`${corpus} ${name} is ${mayAccept ? 'read and survives rewriting' : 'refused'}`, async t => {
      if (mayAccept) survives(t, bytes)
      else refused(t, bytes, refusals[name] ?? ['no expectation for this file'])
    })
  }
}

/** For each file, which layer must object to it. */
function expectations(path: string): [name: string, parser: string][] {
  const all: unknown = JSON.parse(readFileSync(path, 'utf8'))
  return Object.entries(all ?? {}).map(([name, one]: [string, { parser: string }]) => [name, one.parser])
}

function survives(t: Test, bytes: Buffer): void {
  const message = read(t, bytes)
  t.ok(topVia(message))
  t.ok(cseq(message))
  if (message.kind === 'request') t.ok(parseUri(message.uri))
  const again = read(t, writeMessage(message))
  t.strictSame(withoutLength(again), withoutLength(message))
}

function refused(t: Test, bytes: Buffer, [reason, status]: readonly [string, number?]): void {
  const parsed = parseMessage(bytes)
  if (parsed.ok) return void t.fail('was accepted')
  t.equal(parsed.fault.reason, reason)
  t.equal(parsed.fault.status, status)
  t.equal(
    parsed.fault.answerable !== undefined,
    status !== undefined,
    'answerable exactly when there is a status',
  )
}

t.test('only the first request of a datagram is read', async t => {
  const parsed = parseMessage(fixture('dblreq'))
  if (!parsed.ok || parsed.message.kind !== 'request') return void t.fail('was refused')
  t.equal(parsed.message.method, 'REGISTER')
  t.equal(parsed.trailing, 450)
})

t.test('the tortuous INVITE says what RFC 4475 means by it', async t => {
  const message = read(t, fixture('wsinv'))
  t.equal(fromTag(message), '98asjd8')
  t.equal(toTag(message), '1918181833n')
  t.strictSame(cseq(message), { number: 9, method: 'INVITE' })
  t.match(topVia(message), { transport: 'UDP', host: '192.0.2.2', branch: '390skdjuw' })
  t.equal(message.headers.get('Max-Forwards'), '0068')
  t.equal(message.headers.get('NewFangledHeader'), 'newfangled value continued newfangled value')
  t.equal(message.headers.get('Content-Type'), 'application/sdp')
})

t.test('an IPv6 literal tells host and port apart by its brackets', async t => {
  t.match(parseUri('sip:[2001:db8::10:5070]'), { host: '2001:db8::10:5070', port: undefined })
  t.match(parseUri('sip:[2001:db8::10]:5070'), { host: '2001:db8::10', port: 5070 })
  t.match(parseUri('sip:user@[2001:db8:::192.0.2.1]'), { host: '2001:db8::192.0.2.1' })
})

function read(t: Test, bytes: Buffer): SipMessage {
  const parsed = parseMessage(bytes)
  if (!parsed.ok) {
    t.fail(parsed.fault.reason)
    throw new Error(parsed.fault.reason)
  }
  return parsed.message
}

function withoutLength(message: SipMessage): unknown {
  const lines = message.headers.lines.filter((_, at) => message.headers.names()[at] !== 'content-length')
  return { ...message, headers: lines, body: message.body.toString('hex') }
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../../fixtures/rfc4475/${name}.dat`, import.meta.url))
}

/** The archive of RFC 5118 has bare line feeds and lengths that count them otherwise. */
function repaired(bytes: Buffer): Buffer {
  const [head = '', body = ''] = bytes.toString().replace(/\n$/, '').split('\n\n')
  const crlfBody = body === '' ? '' : `${body.trimEnd().replaceAll('\n', '\r\n')}\r\n`
  const lines = head
    .trimEnd()
    .split('\n')
    .filter(line => !/^content-length:/i.test(line))
  return Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: ${crlfBody.length}\r\n\r\n${crlfBody}`)
}
