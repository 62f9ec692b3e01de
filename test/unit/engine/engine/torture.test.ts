import { readFileSync } from 'node:fs'
import t from 'tap'
import { enginePair } from '../../../support/engine-pair.ts'

/** What the RFC wants of each message, in words. */
interface Expected {
  readonly parser: string
  readonly response?: string
}

/** What this engine answers by itself; everything else that is not broken is the application's. */
const answers: Readonly<Record<string, number>> = {
  badaspec: 400,
  baddn: 400,
  badinv01: 400,
  badvers: 505,
  bext01: 420,
  clerr: 400,
  escruri: 400,
  insuf: 400,
  'ipv6-bad': 400,
  ltgtruri: 400,
  lwsruri: 400,
  lwsstart: 400,
  mcl01: 400,
  mismatch01: 400,
  mismatch02: 400,
  multi01: 400,
  ncl: 400,
  novelsc: 416,
  quotbal: 400,
  regbadct: 400,
  scalar02: 400,
  trws: 400,
  unkscm: 416,
  zeromf: 483,
}
/** What the RFC would have processed, but for a reason that it leaves to others. */
const elsewhere: Readonly<Record<string, readonly [status: number, reason: RegExp]>> = {
  // A call cannot be kept without the Contact that RFC 2543 did not ask for.
  inv2543: [400, /^(?![^]*^Contact:)/im],
  // They claim to belong to a dialog, which is not there.
  wsinv: [481, /^(?:To|t)\s*:[^]*;\s*tag\s*=/im],
  'via-received-param-with-delim': [481, /^To:.*;tag=/im],
  'mult-ip-in-header': [481, /^To:.*;tag=/im],
}
/** Responses, which nobody waits for, and the one file that no section refers to. */
const silent = new Set(['bcast', 'bigcode', 'noreason', 'scalarlg', 'unreason', 'test'])
/** What the RFC leaves to the one who is called: methods, bodies, bindings and credentials. */
const applications = new Set(['intmeth', 'esc02', 'unksm2', 'invut', 'regaut01', 'sdp01'])

for (const [corpus, extension, endOfLine] of [
  ['rfc4475', '.dat', '\r\n'],
  ['rfc5118', '', '\n'],
] as const) {
  const folder = new URL(`../../../fixtures/${corpus}/`, import.meta.url)
  const all: unknown = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))
  const entries: [name: string, expected: Expected][] = Object.entries(all ?? {})
  for (const [name, expected] of entries) {
    const bytes = readFileSync(new URL(`${name}${extension}`, folder))
    const message = endOfLine === '\n' ? repaired(bytes) : bytes
    const [elseStatus, reason] = elsewhere[name] ?? []
    const status = answers[name] ?? elseStatus
    const what = silent.has(name)
      ? 'is met with silence'
      : status === undefined
        ? 'reaches the application'
        : `gets ${status}`
    t.test(`${corpus} ${name} ${what}`, async t => {
      const pair = await enginePair()
      const { b, network, deliver, clock } = pair
      const statuses: number[] = []
      network.watchDatagramsTo('10.0.0.9', answer => {
        statuses.push(Number(/^SIP\/2\.0 (\d{3}) /.exec(answer.toString('latin1'))?.[1]))
      })
      network.datagram('10.0.0.9', 5060, b.transports, message)
      deliver()
      t.strictSame(statuses, status === undefined ? [] : [status])
      t.equal(b.left('request'), status === undefined && !silent.has(name) ? 1 : 0)
      if (reason !== undefined) t.match(message.toString(), reason)
      else if (status !== undefined) t.ok(allowed(expected).includes(status), `${expected.response}`)
      else if (!silent.has(name)) t.ok(isLeft(name, expected), `${expected.response}`)
      for (const event of b.events)
        if (event.kind === 'request') b.engine.respond(event.transaction, { status: 486 })
      clock.advance(70_000)
      t.equal(b.engine.stats().transactions, 0)
    })
  }
}

/** The statuses that an expectation names; one without words wants a broken message refused. */
function allowed({ response = '400' }: Expected): number[] {
  return [...response.matchAll(/\b[45]\d\d\b/g)].map(Number)
}

/** Whether the engine may keep out of it: the message is to be processed, or its refusal is not the engine's to give. */
function isLeft(name: string, { parser, response = 'process' }: Expected): boolean {
  if (!parser.startsWith('accept')) return false
  return applications.has(name) || allowed({ parser, response }).length === 0 || response.includes(' or ')
}

/** The archive of RFC 5118 has bare line feeds. */
function repaired(bytes: Buffer): Buffer {
  const text = bytes
    .toString()
    .replaceAll('\n', '\r\n')
    .replace(/content-length:.*\r\n/i, '')
  return Buffer.from(text.includes('\r\n\r\n') ? text : `${text}\r\n`)
}
