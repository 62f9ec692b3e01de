import t from 'tap'
import { createPinTokens } from '../../../selector/pin-tokens.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const secret = 'of-all-doors-of-the-fleet-and-nobody-else'
const pin = { agent: 'anna', server: 'ms-1', call: 'c-1', fence: 7 }

function tokens(changes: { readonly secret?: string; readonly fleet?: string } = {}) {
  const clock = new ManualClock()
  return { clock, ...createPinTokens({ secret, fleet: 'main', clock, ...changes }) }
}

t.test('every door of the fleet reads what another one gave, and nobody else does', async t => {
  const token = tokens().give(pin)
  t.strictSame(tokens().read(token, 'anna'), pin)
  t.equal(tokens({ secret: `${secret}!` }).read(token, 'anna'), undefined)
  t.equal(tokens({ fleet: 'other' }).read(token, 'anna'), undefined)
})

t.test('a token is about one agent', async t => {
  t.equal(tokens().read(tokens().give(pin), 'ben'), undefined)
})

t.test('a token ends after ten minutes', async t => {
  const { clock, give, read } = tokens()
  const token = give(pin)
  clock.advance(599_999)
  t.strictSame(read(token, 'anna'), pin)
  clock.advance(1)
  t.equal(read(token, 'anna'), undefined)
})

t.test('no token is like another, and none shows what it says', async t => {
  const { give } = tokens()
  const [one, two] = [give(pin), give(pin)]
  t.not(one, two)
  t.match(one, /^[\w-]{40,400}$/)
  const text = Buffer.from(one, 'base64url').toString('latin1')
  for (const part of ['anna', 'ms-1', 'c-1']) t.notMatch(text, part)
})

t.test('whatever is changed in a token, it says nothing any more', async t => {
  const { give, read } = tokens()
  const token = give(pin)
  const bytes = Buffer.from(token, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.equal(read(changed.toString('base64url'), 'anna'), undefined, `byte ${at}`)
  }
  for (const cut of [1, 12, 28, bytes.length - 1]) {
    t.equal(read(bytes.subarray(0, cut).toString('base64url'), 'anna'), undefined)
  }
})

t.test('what is no token says nothing', async t => {
  const { read } = tokens()
  for (const text of [
    '',
    'x',
    '='.repeat(60),
    'é'.repeat(60),
    'A'.repeat(60),
    'A'.repeat(1_000_000),
    '../'.repeat(20),
  ])
    t.equal(read(text, 'anna'), undefined)
})
