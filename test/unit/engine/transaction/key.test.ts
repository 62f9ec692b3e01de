import t from 'tap'
import { parseVia } from '../../../../engine/message/via.ts'
import {
  cancelledKey,
  clientKey,
  serverKey,
  type RequestIdentity,
} from '../../../../engine/transaction/key.ts'

const invite: RequestIdentity = { method: 'INVITE', callId: 'c', fromTag: 'f', cseq: 1 }

function key(via: string, identity: RequestIdentity = invite): string {
  const parsed = parseVia(via)
  if (parsed === undefined) throw new Error('broken test')
  return serverKey(parsed, identity)
}

function cancelled(via: string, identity: RequestIdentity): string {
  const parsed = parseVia(via)
  if (parsed === undefined) throw new Error('broken test')
  return cancelledKey(parsed, identity)
}

const via = 'SIP/2.0/UDP h:5060;branch=z9hG4bK1'
const old = 'SIP/2.0/UDP h:5060'

t.test('the same branch, sent-by and method are the same transaction, whatever else differs', async t => {
  t.equal(key(via), key('SIP/2.0/TCP H:5060;branch=z9hG4bK1;rport'))
  t.equal(key(via), key(via, { ...invite, cseq: 9 }))
})

t.test('another branch, sent-by or method is another transaction', async t => {
  const others = [
    key('SIP/2.0/UDP h:5060;branch=z9hG4bK2'),
    key('SIP/2.0/UDP h:5061;branch=z9hG4bK1'),
    key('SIP/2.0/UDP i:5060;branch=z9hG4bK1'),
    key('SIP/2.0/UDP h;branch=z9hG4bK1'),
    key(via, { ...invite, method: 'BYE' }),
    key(via, { ...invite, method: 'CANCEL' }),
  ]
  t.notOk(others.includes(key(via)))
  t.equal(new Set(others).size, others.length)
})

t.test('an ACK and a CANCEL find their INVITE', async t => {
  for (const one of [via, old]) {
    t.equal(key(one, { ...invite, method: 'ACK' }), key(one))
    t.equal(cancelled(one, { ...invite, method: 'CANCEL' }), key(one))
  }
})

t.test('without a magic cookie the call and its number stand in for the branch', async t => {
  t.equal(key(old), key('SIP/2.0/UDP h:5060;branch=1'))
  t.not(key(old), key(old, { ...invite, cseq: 2 }))
  t.not(key(old), key(old, { ...invite, callId: 'd' }))
  t.not(key(old), key(old, { ...invite, fromTag: 'g' }))
})

t.test('a response belongs to the branch and method of its request', async t => {
  t.equal(clientKey('b', 'INVITE'), clientKey('b', 'INVITE'))
  t.not(clientKey('b', 'INVITE'), clientKey('b', 'CANCEL'))
})
