import t from 'tap'
import { ContactCache } from '../../../../engine/control/contact-cache.ts'
import { response } from '../../../../engine/message/build.ts'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import { incoming, source } from '../../../support/fake-engine.ts'

const flowOne = source({ transport: 'wss', flow: 'f1', listener: 'agents' })
const contact = (value: string): HeaderLine => ['Contact', value]
const agent = contact('<sip:ann@abc.invalid;transport=ws>')

function learnt(
  asked: readonly HeaderLine[],
  answered: readonly HeaderLine[] = [],
  { method = 'REGISTER', status = 200, from = flowOne } = {},
): ContactCache {
  const cache = new ContactCache(10)
  cache.learn(incoming(method, asked), response(status, answered), from, 0)
  return cache
}

t.test('a registered contact is found by user and host, whatever else its URI says', async t => {
  const cache = learnt([agent])
  const flow = { id: 'f1', transport: 'wss', listener: 'agents' }
  t.strictSame(cache.at('sip:ann@ABC.invalid:9999;ob', 1), flow)
  for (const uri of ['sip:bob@abc.invalid', 'sip:ann@other.invalid', 'sip:abc.invalid', 'nonsense', ''])
    t.equal(cache.at(uri, 1), undefined, uri)
})

t.test('it is known as long as the registrar says', async t => {
  for (const [asked, answered, seconds] of [
    [[agent], [], 3600],
    [[agent, ['Expires', '60']], [], 60],
    [[contact('<sip:ann@abc.invalid>;expires=50'), ['Expires', '60']], [], 50],
    [[agent, ['Expires', '60']], [['Expires', '40']], 40],
    [[agent], [contact('<sip:x@y>;expires=9'), contact('<sip:ann@abc.invalid>;expires=30')], 30],
  ] as const) {
    const cache = learnt(asked, answered)
    t.ok(cache.at('sip:ann@abc.invalid', seconds * 1000 - 1))
    t.equal(cache.at('sip:ann@abc.invalid', seconds * 1000), undefined)
  }
})

t.test('what opens no way teaches nothing', async t => {
  t.notOk(learnt([agent], [], { status: 401 }).at('sip:ann@abc.invalid', 1))
  t.notOk(learnt([agent], [], { method: 'OPTIONS' }).at('sip:ann@abc.invalid', 1))
  t.notOk(learnt([agent], [], { from: source() }).at('sip:ann@abc.invalid', 1), 'UDP has no connection')
  t.notOk(learnt([agent, ['Expires', 'soon']]).at('sip:ann@abc.invalid', 1))
  t.ok(learnt([agent], [], { method: 'SUBSCRIBE', status: 202 }).at('sip:ann@abc.invalid', 1))
})

t.test('the latest registration counts, and one that ends removes it', async t => {
  const cache = learnt([agent])
  const again = { ...flowOne, flow: 'f2' }
  cache.learn(incoming('REGISTER', [agent]), response(200, []), again, 1)
  t.equal(cache.at('sip:ann@abc.invalid', 2)?.id, 'f2')
  cache.forget('f1')
  t.equal(cache.at('sip:ann@abc.invalid', 2)?.id, 'f2', 'the end of the old connection changes nothing')
  cache.learn(incoming('REGISTER', [agent, ['Expires', '0']]), response(200, []), again, 3)
  t.equal(cache.at('sip:ann@abc.invalid', 4), undefined)
})

t.test('a closed connection, or `Contact: *` over it, forgets what was learnt there', async t => {
  for (const end of [
    (cache: ContactCache) => cache.forget('f1'),
    (cache: ContactCache) =>
      cache.learn(incoming('REGISTER', [contact('*'), ['Expires', '0']]), response(200, []), flowOne, 1),
  ]) {
    const cache = learnt([agent])
    end(cache)
    t.equal(cache.at('sip:ann@abc.invalid', 2), undefined)
  }
})

t.test('the oldest is forgotten above the limit', async t => {
  const cache = new ContactCache(2)
  for (const name of ['a', 'b', 'c'])
    cache.learn(incoming('REGISTER', [contact(`<sip:${name}@h>`)]), response(200, []), flowOne, 0)
  t.strictSame(
    ['a', 'b', 'c'].map(name => cache.at(`sip:${name}@h`, 1)?.id),
    [undefined, 'f1', 'f1'],
  )
})
