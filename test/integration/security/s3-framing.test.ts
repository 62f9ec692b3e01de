// S3: a stream is cut by Content-Length and nothing else. However it arrives, the messages are the same; what cannot be cut is
// answered 400 where it can be, and ends the connection with everything behind it.
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createFramer } from '../../../engine/transport/stream-framing.ts'
import { rawClient } from '../../support/attack/peers.ts'
import { openTarget, type TargetOptions } from '../../support/attack/target.ts'
import { requestText } from '../../support/attack/text.ts'
import { passing, within } from '../../support/attack/time.ts'

const first = requestText('MESSAGE', { callId: 'first', body: 'one' })
const second = requestText('MESSAGE', { callId: 'second' })
const folder = fileURLToPath(new URL('../../fixtures/rfc4475/', import.meta.url))

t.test('every torture message, cut in two at every byte, gives the same as whole', async t => {
  for (const file of readdirSync(folder).filter(name => name.endsWith('.dat'))) {
    const stream = Buffer.concat([readFileSync(`${folder}${file}`), Buffer.from(second)])
    const whole = framed([stream])
    for (let at = 1; at < stream.length; at += 1) {
      const cut = framed([stream.subarray(0, at), stream.subarray(at)])
      if (cut !== whole) t.equal(cut, whole, `${file} cut at ${at}`)
    }
    t.pass(file)
  }
})

function framed(chunks: readonly Buffer[]): string {
  const framer = createFramer({ message: 65_536 })
  const all = chunks.map(chunk => framer.push(chunk))
  const fault = all.find(one => one.fault !== undefined)?.fault
  const messages = all.flatMap(one => one.messages.map(message => message.toString('latin1')))
  const keepAlives = all.reduce((sum, one) => sum + one.keepAlives, 0)
  return JSON.stringify([messages, keepAlives, fault])
}

t.test('a connection that brings one byte at a time is understood', async t => {
  const target = await openTarget(t, { listeners: ['tcp'] })
  const client = rawClient(t, target.port('tcp'))
  client.socket.setNoDelay(true)
  for (const byte of Buffer.from(`${first}\r\n\r\n${second}`)) {
    client.socket.write(Buffer.of(byte))
    await new Promise(setImmediate)
  }
  t.ok(await within(2000, () => target.heard().length === 2))
  const answers = /SIP\/2\.0 200 [^]*\r\n\r\n\r\nSIP\/2\.0 200 /
  t.ok(await within(2000, () => answers.test(client.got())), 'and its ping is answered')
})

const length = /Content-Length: \d+/
const unframed: readonly [name: string, head: string, answer: number | undefined][] = [
  ['two lengths', first.replace(length, 'Content-Length: 3\r\nContent-Length: 9'), 400],
  ['the short and the long name', first.replace(length, 'l: 3\r\nContent-Length: 3'), 400],
  ['no length', first.replace(`${length.exec(first)?.[0]}\r\n`, ''), 400],
  ['a negative length', first.replace(length, 'Content-Length: -3'), 400],
  ['a length in hexadecimal', first.replace(length, 'Content-Length: 0x3'), 400],
  ['two values', first.replace(length, 'Content-Length: 3, 3'), 400],
  ['2^31', first.replace(length, 'Content-Length: 2147483648'), 513],
  ['2^63', first.replace(length, 'Content-Length: 9223372036854775808'), 400],
  ['a bare line feed', first.replace('Max-Forwards: 70\r\n', 'Max-Forwards: 70\nX: y\r\n'), 400],
  ['an ACK, which is never answered', requestText('ACK').replace(length, 'Content-Length: -1'), undefined],
  ['something that is no SIP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', undefined],
  ['a head without end', 'x'.repeat(70_000), undefined],
]

for (const [name, head, answer] of unframed) {
  t.test(`${name} ends the connection, and nothing behind it is heard`, async t => {
    const target = await openTarget(t, { listeners: ['tcp'] })
    const client = rawClient(t, target.port('tcp'))
    client.socket.write(second + head)
    client.socket.write(requestText('INVITE', { callId: 'smuggled' }))
    await client.closed
    t.strictSame(target.heard(), ['second'])
    if (answer !== undefined) t.match(client.got(), new RegExp(`SIP/2\\.0 ${answer} `))
    else t.notMatch(client.got(), /SIP\/2\.0 [45]/)
    t.ok(await within(1000, () => target.flows() === 0))
  })
}

const big = requestText('MESSAGE', { callId: 'big', body: 'x'.repeat(70_000) })
const bounds: readonly [name: string, text: string, under: TargetOptions, without: TargetOptions][] = [
  [
    'a message of more than 64 KiB',
    big.slice(0, -1),
    { limits: { messageBytes: 65_536 } },
    { limits: { messageBytes: 100_000 }, more: { messageLimits: { message: 100_000 } } },
  ],
  [
    'a message that takes too long',
    first.slice(0, -1),
    { limits: { messageMs: 200 } },
    { limits: { messageMs: 60_000 } },
  ],
]

for (const [name, text, under, without] of bounds) {
  t.test(`${name} ends its connection, and does not without the bound`, async t => {
    for (const [options, isClosed] of [
      [under, true],
      [without, false],
    ] as const) {
      const target = await openTarget(t, { listeners: ['tcp'], ...options })
      const client = rawClient(t, target.port('tcp'))
      client.socket.write(text)
      await passing(600)
      t.equal(client.isClosed(), isClosed)
      if (isClosed) continue
      client.socket.write('e')
      t.ok(await within(1000, () => target.heard().length === 1))
    }
  })
}
