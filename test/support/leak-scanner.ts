import { hostname } from 'node:os'
import { headerOf, methodOf, readSip } from './sip-text.ts'

/**
 * Reads what goes to agents and carriers, and finds what tells of the inside: addresses and names that it was told, and every
 * Call-ID, tag, branch and product name that was seen in the messages of the inside.
 */
export class LeakScanner {
  readonly #marks = new Map<string, RegExp>()
  readonly #inside = new Map<string, string>()
  readonly #outside: string[] = []
  /** What agents and carriers have said themselves is no news to them. */
  readonly #known: string[] = []
  readonly #found: string[] = []

  /** Names something that nobody outside may see: an address, `host:port`, a host name, a product. */
  mark(text: string): void {
    const literal = text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')
    this.#marks.set(text, new RegExp(`(?<![\\w.-])${literal}(?![\\w-]|\\.\\d)`, 'i'))
  }

  /** Takes a message on the inside; `from` is who sent it. */
  inside(text: string, from: 'door' | 'server'): void {
    if (!isSip(text)) return
    const message = readSip(text)
    const values = [
      ['Call-ID', headerOf(message, 'call-id')],
      ['tag', tagOf(headerOf(message, 'from'))],
      ['tag', tagOf(headerOf(message, 'to'))],
      ['branch', /;branch=([^;,\s]+)/.exec(headerOf(message, 'via'))?.[1] ?? ''],
      ...(from === 'server' ? products.map(name => [name, headerOf(message, name.toLowerCase())]) : []),
    ] as const
    for (const [what = '', value = ''] of values) if (value.length >= shortest) this.#inside.set(value, what)
  }

  /** Takes what an agent or a carrier sent. */
  fromOutside(text: string): void {
    this.#known.push(text)
  }

  /** Takes what an agent or a carrier was sent. */
  toOutside(text: string): void {
    this.#outside.push(text)
  }

  /** How much was read. */
  get messages(): number {
    return this.#outside.length
  }

  /** What leaked, one line each; empty when nothing did. */
  leaks(): readonly string[] {
    const known = this.#known.join('\n')
    const ids = [...this.#inside].filter(([value]) => !known.includes(value))
    const found = this.#outside.flatMap(text => [
      ...[...this.#marks].flatMap(([mark, pattern]) =>
        pattern.test(text) ? `${mark} in ${lineWith(text, pattern)}` : [],
      ),
      ...ids.flatMap(([value, what]) =>
        text.includes(value) ? `${what} ${value} of the inside in ${startOf(text)}` : [],
      ),
    ])
    return [...new Set([...this.#found, ...found])]
  }

  /** Judges what was read so far and lets go of it, for tests that measure memory. */
  settle(): void {
    this.#found.push(...this.leaks())
    this.#outside.length = 0
    this.#known.length = 0
    this.#inside.clear()
  }
}

/**
 * The scanner of this test process. What clients and doubles receive goes through it; a process in which something leaked
 * fails when it ends, whatever its tests say.
 */
export const watch = new LeakScanner()

for (const product of ['Asterisk PBX', 'FPBX', 's=Asterisk', 'PJSIP/']) watch.mark(product)
if (hostname() !== 'localhost') watch.mark(hostname())

process.once('exit', () => {
  const leaks = watch.leaks()
  if (leaks.length === 0) return
  process.stderr.write(`The inside was seen outside:\n${leaks.slice(0, 20).join('\n')}\n`)
  process.exitCode = 1
})

const products = ['User-Agent', 'Server', 'Warning', 'Organization']
const shortest = 6

function isSip(text: string): boolean {
  return text.startsWith('SIP/2.0 ') || (methodOf({ start: text, headers: new Map(), body: '' }) ?? '') !== ''
}

function tagOf(value: string): string {
  return /;tag=([^;,\s]+)/.exec(value)?.[1] ?? ''
}

function lineWith(text: string, pattern: RegExp): string {
  return `“${text.split(/\r?\n/).find(line => pattern.test(line)) ?? ''}” of ${startOf(text)}`
}

function startOf(text: string): string {
  return text.slice(0, 60).split(/\r?\n/)[0] ?? ''
}
