// M1: whatever is put into an action goes out as that many lines, or not at all. Asterisk ends a line at a bare LF.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import * as fc from 'fast-check'
import t, { type Test } from 'tap'
import { systemClock } from '../../../runtime/clock.ts'
import { PorticoError } from '../../../runtime/errors.ts'
import { AmiConnection } from '../../../selector/ami/connection.ts'
import { outgoing, type AmiFields } from '../../../selector/ami/message.ts'
import { originateFields } from '../../../selector/ami/originate.ts'
import { Chance } from '../../sim/chance.ts'
import { naughty } from '../../support/attack/naughty.ts'

/** How long each way of trying is gone; a million texts take half a minute. */
const seconds = Number(process.env['PORTICO_M1_SECONDS'] ?? 2)

/** A Manager Interface that reads lines as Asterisk does, answers every action and keeps what came as its last one. */
interface Listener {
  readonly connection: AmiConnection
  readonly actions: readonly string[][]
}

async function listener(t: Test): Promise<Listener> {
  const actions: string[][] = []
  const server = createServer(socket => serve(socket, actions))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  const connection = await new Promise<AmiConnection>((resolve, reject) => {
    const made = new AmiConnection({
      address: { host: '127.0.0.1', port, username: 'portico', secret: 's' },
      clock: systemClock,
      onUp: () => resolve(made),
      onEvent: () => undefined,
      onOver: reject,
    })
  })
  t.teardown(() => {
    connection.close(new PorticoError('E_AMI_CLOSED', 'the test is over'))
    server.close()
  })
  return { connection, actions }
}

function serve(socket: Socket, actions: string[][]): void {
  let rest = ''
  let lines: string[] = []
  socket.on('error', () => undefined)
  socket.write('Asterisk Call Manager/9.0.0\r\n')
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const read = (rest + chunk).split('\n').map(line => line.replace(/\r$/, ''))
    rest = read.pop() ?? ''
    for (const line of read) {
      if (line !== '') lines.push(line)
      else if (lines.length > 0) {
        // The connection asks for signs of life by itself.
        if (!lines.includes('Action: Ping')) actions.push(lines)
        const id = lines
          .find(one => /^actionid:/i.test(one))
          ?.slice(9)
          .trim()
        socket.write(`Response: Success\r\nActionID: ${id}\r\n\r\n`)
        lines = []
      }
    }
  })
}

/** Text that is likely to break out of its line, among all text there is. */
const text = fc.oneof(
  fc.constantFrom(...naughty),
  fc.constantFrom(
    '\nAction: Originate',
    '\r\n\r\nAction: Command',
    '\rx',
    'a\0b',
    '\u2028',
    '\u0085',
    '\ud800',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(fc.constantFrom('\r', '\n', '\0', ',', '"', '\\', ':', ' ', 'Action: x', 'é'), { maxLength: 8 })
    .map(all => all.join('')),
  fc.integer({ min: 900, max: 1_100 }).map(length => 'é'.repeat(length / 2)),
)
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('channel', 'exten', 'data', 'CallerID', 'Variable-X') },
  text,
)
const pairs = (names: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(names, text), { maxLength: 3 }).map(all => Object.fromEntries(all))
const fields: fc.Arbitrary<AmiFields> = fc
  .tuple(pairs(name), pairs(fc.oneof(fc.constantFrom('A', 'B(c)'), text)), fc.boolean())
  .map(([plain, variable, isBare]) => ({ action: 'UserEvent', ...plain, ...(!isBare && { variable }) }))

const signs = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ',',
  '"',
  '\\',
  ': ',
  '=',
  'Action: x',
  '(',
  ')',
  'é',
  '\u2028',
  '\u0085',
  '\ud800',
]

/** A few characters, most of them harmless, so that not all is refused. */
function word(chance: Chance): string {
  const length = chance.is(0.02) ? chance.whole(900, 1_100) : chance.whole(1, 6)
  let made = ''
  for (let n = 0; n < length; n++) {
    made += chance.is(0.08) ? signs[chance.whole(0, signs.length - 1)] : 'abcdefXYZ'[chance.whole(0, 8)]
  }
  return made
}

/** As text, the way the library writes fields; undefined when they are refused. */
function linesOf(sent: AmiFields): string | undefined {
  try {
    return Object.entries(outgoing(sent))
      .flatMap(([key, value]) =>
        typeof value === 'string'
          ? `${key}: ${value}`
          : Object.entries(value).map(([one, text]) => `${key}: ${one}=${text}`),
      )
      .join('\r\n')
  } catch (cause) {
    if (codeOf(cause) === 'E_AMI_REFUSED') return undefined
    throw cause
  }
}

/** Whether that is so many lines to whoever ends lines at CR, LF or NUL, none of them too long. */
function isWhole(text: string, count: number): boolean {
  const lines = text.replaceAll('\r\n', '\n').split(/[\r\n\0]/)
  return lines.length === count && lines.every(line => Buffer.byteLength(line) <= 1_000)
}

/** How many lines the fields are. */
function linesIn(sent: AmiFields): number {
  return Object.values(sent).reduce(
    (sum, value) => sum + (typeof value === 'string' ? 1 : Object.keys(value).length),
    0,
  )
}

t.test('any text at all is one line each, or refused', async t => {
  const chance = new Chance(1)
  const until = performance.now() + seconds * 1_000
  let [passed, refused] = [0, 0]
  const broken: AmiFields[] = []
  while (performance.now() < until && broken.length === 0) {
    for (let round = 0; round < 1_000; round++) {
      const sent = {
        [word(chance)]: word(chance),
        variable: { [word(chance)]: word(chance), A: word(chance) },
      }
      const lines = linesOf(sent)
      if (lines === undefined) refused += 1
      else if (isWhole(lines, 3)) passed += 1
      else broken.push(sent)
    }
  }
  t.comment(`${passed + refused} cases`)
  t.strictSame(broken, [])
  t.ok(passed > 100 && refused > 100, `${passed} whole, ${refused} refused`)
})

t.test('so it is on the wire', async t => {
  const { connection, actions } = await listener(t)
  let [sent, refused] = [0, 0]
  const property = fc.asyncProperty(fc.array(fields, { minLength: 20, maxLength: 20 }), async orders => {
    const before = actions.length
    const tried = await Promise.all(
      orders.map(async order => ({
        order,
        error: await connection.action(order).then(() => undefined, codeOf),
      })),
    )
    const gone = tried.filter(({ error }) => error === undefined).map(({ order }) => order)
    const arrived = actions.slice(before)
    sent += gone.length
    refused += tried.length - gone.length
    return (
      tried.every(({ error }) => error === undefined || error === 'E_AMI_REFUSED') &&
      arrived.length === gone.length &&
      arrived.every(lines => lines.every(line => Buffer.byteLength(line) < 1_024 && !line.includes('\r'))) &&
      // Each with its ActionID.
      sorted(arrived.map(lines => lines.length)) === sorted(gone.map(order => linesIn(order) + 1)) &&
      arrived.every(lines => lines.filter(line => /^action:/i.test(line)).length === 1)
    )
  })
  const limits = { interruptAfterTimeLimit: seconds * 1_000, markInterruptAsFailure: false }
  await fc.assert(property, { numRuns: 10_000_000, ...limits, endOnFailure: true })
  t.ok(sent > 100 && refused > 100, `${sent} sent, ${refused} refused`)
})

function headers(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`h${n}`, '']))
}

function sends(sent: AmiFields): string {
  return linesOf(sent) === undefined ? 'refused' : 'sent'
}

function codeOf(cause: unknown): string {
  return cause instanceof PorticoError ? cause.code : String(cause)
}

function sorted(numbers: readonly number[]): string {
  return numbers.toSorted((a, b) => a - b).join(' ')
}

t.test('a line of Asterisk’s length and a hundred headers are the most', async t => {
  t.equal(sends({ data: 'x'.repeat(994) }), 'sent')
  t.equal(sends({ data: 'x'.repeat(995) }), 'refused')
  t.equal(sends({ data: 'é'.repeat(498) }), 'refused', 'bytes count, not characters')
  t.equal(sends(headers(100)), 'sent')
  t.equal(sends(headers(101)), 'refused')
  t.equal(
    sends({ variable: Object.fromEntries(Object.keys(headers(101)).map(key => [key, '1'])) }),
    'refused',
  )
})

t.test('nobody’s name or number makes a second action of a call', async t => {
  const { connection, actions } = await listener(t)
  const attack = '\nAction: Originate\nApplication: System\nData: id'
  const order = { call: 'c', agent: 'anna', number: '+49301', domain: 'pstn', ringMs: 1, holdMs: 1 }
  for (const attacked of [
    { callerId: { name: attack, number: '1' } },
    { callerId: { name: 'x', number: `1${attack}` } },
    { number: `1${attack}` },
    { agent: `anna${attack}` },
    { call: `c${attack}` },
    { domain: `d${attack}` },
  ]) {
    t.throws(() => originateFields({ ...order, ...attacked }), { code: 'E_AMI_REFUSED' })
  }
  const fields = originateFields({ ...order, callerId: { name: 'Acme', number: '1' } })
  await t.rejects(connection.action({ ...fields, callerid: `"${attack}" <1>` }), { code: 'E_AMI_REFUSED' })
  await connection.action(fields)
  t.equal(actions.filter(lines => lines.some(line => /originate/i.test(line))).length, 1)
})
