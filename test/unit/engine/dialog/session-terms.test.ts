import t from 'tap'
import {
  isTooShort,
  linesAsUac,
  linesAsUas,
  openingLines,
  termsAsUac,
  termsAsUas,
  type SessionPolicy,
  type SessionTerms,
} from '../../../../engine/dialog/session-terms.ts'
import { Headers } from '../../../../engine/message/headers.ts'
import type { SessionExpires } from '../../../../engine/message/session-expires.ts'

const off: SessionPolicy = { expiresSec: 0, minSec: 90 }
const wish: SessionPolicy = { expiresSec: 1800, minSec: 90 }

const answers: readonly [
  name: string,
  request: Readonly<Record<string, string>>,
  own: SessionExpires | undefined,
  policy: SessionPolicy,
  SessionTerms | undefined,
][] = [
  ['nobody asks', {}, undefined, off, undefined],
  ['a caller that only knows timers is not given one', { k: 'timer' }, undefined, off, undefined],
  ['a caller asks and leaves the rest to us', { k: 'timer', x: '600' }, undefined, off, peer(600)],
  ['a caller wants to refresh', { k: 'timer', x: '600;refresher=uac' }, undefined, off, peer(600)],
  ['a caller wants us to refresh', { k: 'timer', x: '600 ; Refresher=UAS' }, undefined, off, us(600)],
  ['a proxy asks for a caller that knows no timers', { x: '600;refresher=uac' }, undefined, off, us(600)],
  ['the application wants less', { k: 'timer', x: '600' }, { seconds: 300 }, off, peer(300)],
  ['the application cannot have more', { k: 'timer', x: '600' }, { seconds: 900 }, off, peer(600)],
  ['the application cannot go below 90', { k: 'timer', x: '600' }, { seconds: 10 }, off, peer(90)],
  [
    'nor below what a proxy bears',
    { k: 'timer', x: '600', 'Min-SE': '400' },
    { seconds: 200 },
    off,
    peer(400),
  ],
  ['the application starts it', {}, { seconds: 300 }, off, us(300)],
  ['the application says who refreshes', { k: 'timer' }, { seconds: 300, refresher: 'uas' }, off, us(300)],
  ['the engine starts it', {}, undefined, wish, us(1800)],
  ['the engine starts it with a caller that can', { k: 'timer' }, undefined, wish, peer(1800)],
  ['the engine asks for less than the caller', { k: 'timer', x: '3600' }, undefined, wish, peer(1800)],
  ['a broken header asks for nothing', { k: 'timer', x: 'soon' }, undefined, off, undefined],
]

for (const [name, request, own, policy, terms] of answers) {
  t.test(`as UAS: ${name}`, async t => {
    t.strictSame(termsAsUas(headers(request), own, undefined, policy), terms)
  })
}

t.test('as UAS: a refresh that does not say who refreshes changes nothing about that', async t => {
  t.strictSame(termsAsUas(headers({ k: 'timer', x: '600' }), undefined, us(600), off), us(600))
})

t.test('as UAC: the 2xx decides', async t => {
  t.strictSame(termsAsUac(headers({ x: '600;refresher=uac' })), us(600))
  t.strictSame(termsAsUac(headers({ x: '600;refresher=uas' })), peer(600))
  t.strictSame(termsAsUac(headers({ x: '600' })), us(600), 'who asked refreshes when nobody is named')
  t.equal(termsAsUac(headers({})), undefined, 'a 2xx without the header switches it off')
  t.strictSame(termsAsUac(headers({ x: '1;refresher=uac' })), us(10), 'a flood cannot be asked for')
})

t.test('only a caller that knows timers is told that its interval is too short', async t => {
  t.equal(isTooShort(headers({ k: 'timer', x: '89' }), off), true)
  t.equal(isTooShort(headers({ Require: 'timer', x: '89' }), off), true)
  t.equal(isTooShort(headers({ k: 'timer', x: '90' }), off), false)
  t.equal(isTooShort(headers({ x: '89' }), off), false)
  t.equal(isTooShort(headers({ k: 'timer', x: '299' }), { ...off, minSec: 300 }), true)
  t.equal(isTooShort(headers({ k: 'timer' }), off), false)
})

t.test('the roles in a header are those of its transaction', async t => {
  t.strictSame(linesAsUas(us(600)), [['Session-Expires', '600;refresher=uas']])
  t.strictSame(linesAsUas(peer(600)), [
    ['Require', 'timer'],
    ['Session-Expires', '600;refresher=uac'],
  ])
  t.strictSame(linesAsUac(us(600)), [
    ['Supported', 'timer'],
    ['Session-Expires', '600;refresher=uac'],
  ])
  t.strictSame(linesAsUac(peer(600), 300).slice(1), [
    ['Session-Expires', '600;refresher=uas'],
    ['Min-SE', '300'],
  ])
  t.strictSame(openingLines(600), [
    ['Supported', 'timer'],
    ['Session-Expires', '600'],
  ])
  t.strictSame(openingLines(100, 300).slice(1), [
    ['Session-Expires', '300'],
    ['Min-SE', '300'],
  ])
})

function us(seconds: number): SessionTerms {
  return { seconds, refresher: 'us' }
}

function peer(seconds: number): SessionTerms {
  return { seconds, refresher: 'peer' }
}

function headers(values: Readonly<Record<string, string>>): Headers {
  return new Headers(Object.entries(values))
}
