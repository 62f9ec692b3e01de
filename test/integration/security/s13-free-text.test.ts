// S13: what a caller writes of himself is text, in every place that it reaches: a header of the media server, a log line, a record, a
// key of Redis, the operator's terminal. It never becomes another header, line, key or command there.
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { printable } from '../../../cli/terminal.ts'
import { createLog } from '../../../runtime/log.ts'
import { keysOf } from '../../../selector/store/keys.ts'
import { naughty } from '../../support/attack/naughty.ts'
import { udpPeer, type UdpPeer } from '../../support/attack/peers.ts'
import { passing, within } from '../../support/attack/time.ts'
import { unique } from '../../support/attack/text.ts'
import { answerSdp, openMediaServer, type FakeMediaServer } from '../../support/media-server.ts'
import { openDoor, type OpenDoor } from '../../support/open-door.ts'
import { headerOf, writeSip } from '../../support/sip-text.ts'

interface Scene {
  readonly door: OpenDoor
  readonly server: FakeMediaServer
  readonly carrier: UdpPeer
  readonly call: (from: string) => void
  /** What the door has logged and recorded. */
  readonly written: () => readonly string[]
}

async function scene(t: Test): Promise<Scene> {
  const dir = t.testdir({})
  const file = openSync(join(dir, 'log'), 'a')
  const server = await openMediaServer(t)
  server.onInvite = () => ({ status: 486 })
  const cdr = join(dir, 'cdr')
  const door = await openDoor(t, {
    server: server.sip,
    log: createLog('debug', file),
    settings: { cdr: { file: cdr } },
  })
  await door.store.pins.put({ agent: '1001', server: 'ms-1', call: 'c' })
  const carrier = await udpPeer(t, '127.0.2.5')
  const call = (from: string): void => carrier.send(invite(carrier, from), door.port('trunk'))
  const written = () => [join(dir, 'log'), cdr].flatMap(name => readFileSync(name, 'utf8').trim().split('\n'))
  return { door, server, carrier, call, written }
}

function invite(carrier: UdpPeer, from: string): string {
  return writeSip(
    'INVITE sip:1001@door SIP/2.0',
    [
      ['Via', `SIP/2.0/UDP 127.0.2.5:${carrier.port};branch=z9hG4bK${unique()}`],
      ['Max-Forwards', '70'],
      ['From', `${from};tag=${unique()}`],
      ['To', '<sip:1001@door>'],
      ['Call-ID', unique()],
      ['CSeq', '1 INVITE'],
      ['Contact', `<sip:c@127.0.2.5:${carrier.port}>`],
      ['Content-Type', 'application/sdp'],
    ],
    answerSdp('127.0.2.5'),
  )
}

/** The names of the headers that a media server gets, in order. */
const shape = (server: FakeMediaServer, at: number): readonly string[] => [
  ...(server.requests.filter(({ start }) => start.startsWith('INVITE'))[at]?.headers.keys() ?? []),
]

t.test('whatever name or number a caller gives, the media server gets the same headers', async t => {
  const { server, call, written } = await scene(t)
  const invites = (): number => server.requests.filter(({ start }) => start.startsWith('INVITE')).length
  call('<sip:plain@127.0.2.5>')
  t.ok(await within(2_000, () => invites() === 1))
  const plain = shape(server, 0)
  for (const text of naughty) {
    const quoted = text.replaceAll(/["\\]/g, '\\$&')
    call(`"${quoted}" <sip:plain@127.0.2.5>`)
    call(`<sip:${text}@127.0.2.5>`)
    call(`<sip:${encodeURIComponent(text)}@127.0.2.5>`)
  }
  await within(5_000, () => invites() > naughty.length)
  await passing(300)
  t.ok(invites() > naughty.length, `${invites()} calls came through`)
  // A caller with a name has a From with a name; all else is the same.
  for (let at = 0; at < invites(); at++) t.strictSame(shape(server, at), plain)
  for (const { headers, start } of server.requests) {
    t.match(start, /^(INVITE|ACK|CANCEL) sip:cli-1001@127\.0\.1\.1:\d+;transport=udp SIP\/2\.0$/)
    const froms = headers.get('from') ?? []
    t.equal(froms.length, 1)
    t.match(froms[0], /^(?:"[\p{L}\p{N} .,'()+-]*" )?<sip:[\w+*#.-]+@portico\.test>;tag=\w+$/u)
  }
  const lines = written()
  t.ok(lines.length > naughty.length)
  for (const line of lines) t.doesNotThrow(() => void JSON.parse(line), line.slice(0, 80))
})

t.test('a name that is a command is a name to the dialplan', async t => {
  const { server, call } = await scene(t)
  call('"${SHELL(id)}" <sip:${EXTEN}&PJSIP%2Fevil@127.0.2.5>')
  t.ok(await within(2_000, () => server.requests.length > 0))
  t.notMatch(headerOf(server.requests[0] ?? { start: '', headers: new Map(), body: '' }, 'from'), /[$&{}`]/)
})

t.test('no text is another key of Redis, or two', async t => {
  const keys = keysOf('main')
  const made = naughty.flatMap(text => [keys.pin(text), keys.binding(text), keys.credential(text)])
  t.equal(new Set(made).size, made.length)
  for (const key of made) {
    t.match(key, /^portico:\{main\}:(pin|binding|credential):[\w.~-]+$/)
    t.not(key, keys.pin('1002'))
  }
})

t.test('no text moves the cursor of the operator’s terminal', async t => {
  for (const text of naughty) t.notMatch(printable(text), /[^\P{C}\n\u{FFFD}]/u)
})
