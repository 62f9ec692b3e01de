import t from 'tap'
import type { SipMessage } from '../../../../engine/message/message.ts'
import { enginePair, type EnginePair } from '../../../support/engine-pair.ts'
import { rawPeer, type RawPeer } from '../../../support/raw-peer.ts'

/** An INVITE of a to a peer that answers as it likes. */
async function invited(): Promise<
  EnginePair & { readonly peer: RawPeer; readonly answer: (tag: string, status?: number) => void }
> {
  const pair = await enginePair()
  const peer = rawPeer(pair)
  pair.a.engine.request({ method: 'INVITE', uri: 'sip:raw@10.0.0.9' })
  pair.deliver()
  return {
    ...pair,
    peer,
    answer(tag, status = 200) {
      const headers = peer.got()[0]?.headers
      const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(name => `${name}: ${headers?.get(name)}`)
      const to = `To: ${headers?.get('to')};tag=${tag}`
      peer.send(pair.a, [`SIP/2.0 ${status} Fine`, ...copied, to, `Contact: <sip:${tag}@10.0.0.9>`])
      pair.deliver()
    },
  }
}

function requests(peer: RawPeer): string[] {
  return peer
    .got()
    .slice(1)
    .flatMap(message => (message.kind === 'request' ? [`${message.method} ${message.uri}`] : []))
}

t.test('a second 2xx of another fork is acknowledged and ended, and the call goes on', async t => {
  const { a, answer, peer, deliver, clock, rest } = await invited()
  answer('first')
  const { dialog = '' } = a.take('response')
  a.engine.ack(dialog)
  answer('second')
  t.strictSame(requests(peer), [
    'ACK sip:first@10.0.0.9',
    'ACK sip:second@10.0.0.9',
    'BYE sip:second@10.0.0.9',
  ])
  t.equal(a.left('response') + a.left('dialog-ended'), 0, 'nobody is told')
  answer('second')
  t.equal(requests(peer).at(-1), 'ACK sip:second@10.0.0.9', 'a copy gets the ACK only')
  answer('first')
  t.equal(requests(peer).at(-1), 'ACK sip:first@10.0.0.9')
  t.equal(a.engine.stats().dialogs, 1)
  a.engine.request({ method: 'BYE', dialog })
  deliver()
  t.equal(requests(peer).at(-1), 'BYE sip:first@10.0.0.9')
  clock.advance(40_000)
  rest(t)
})

t.test('a copy of a 2xx is acknowledged even when its transaction is over', async t => {
  const { a, answer, peer, clock, rest } = await invited()
  answer('first')
  const { dialog = '' } = a.take('response')
  a.engine.ack(dialog)
  clock.advance(40_000)
  t.equal(a.engine.stats().transactions, 0)
  const before = requests(peer).length
  answer('first')
  t.strictSame(requests(peer).slice(before), ['ACK sip:first@10.0.0.9'])
  answer('stranger')
  t.equal(requests(peer).length, before + 1)
  a.engine.request({ method: 'BYE', dialog })
  rest(t)
})

t.test('a refusal that comes again is acknowledged again and told once', async t => {
  const { a, answer, peer, rest } = await invited()
  answer('x', 486)
  answer('x', 486)
  t.equal(a.take('response').response.status, 486)
  t.equal(a.left('response'), 0)
  const acks = peer.got().slice(1)
  t.strictSame(acks.map(methodOf), ['ACK', 'ACK'])
  t.equal(acks[0]?.headers.get('via'), peer.got()[0]?.headers.get('via'), 'it belongs to the transaction')
  t.match(acks[0]?.headers.get('to'), /;tag=x$/)
  rest(t)
})

t.test('a reliable provisional response opens an early dialog, which the 2xx confirms', async t => {
  const { a, answer, peer, deliver, rest } = await invited()
  const headers = peer.got()[0]?.headers
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(name => `${name}: ${headers?.get(name)}`)
  const more = ['Require: 100rel', 'RSeq: 1', 'Contact: <sip:early@10.0.0.9>']
  peer.send(a, ['SIP/2.0 183 Fine', ...copied, `To: ${headers?.get('to')};tag=one`, ...more])
  deliver()
  const { dialog = '' } = a.take('response')
  t.equal(a.engine.request({ method: 'PRACK', dialog, headers: [['RAck', '1 1 INVITE']] }).ok, true)
  deliver()
  t.equal(requests(peer).at(-1), 'PRACK sip:early@10.0.0.9')
  peer.send(a, [
    'SIP/2.0 183 Fine',
    ...copied,
    `To: ${headers?.get('to')};tag=one`,
    'Require: 100rel',
    'RSeq: 2',
  ])
  deliver()
  t.equal(a.take('response').dialog, dialog, 'the next one is of the same dialog')
  answer('one')
  t.equal(a.take('response').dialog, dialog)
  a.engine.ack(dialog)
  deliver()
  t.equal(peer.got().at(-1)?.headers.get('cseq'), '1 ACK')
  a.engine.request({ method: 'BYE', dialog })
  deliver()
  t.equal(peer.got().at(-1)?.headers.get('cseq'), '3 BYE', 'the PRACK counted')
  rest(t)
})

t.test('an early dialog goes when the INVITE is refused', async t => {
  const { a, answer, peer, deliver, rest } = await invited()
  const headers = peer.got()[0]?.headers
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(name => `${name}: ${headers?.get(name)}`)
  peer.send(a, ['SIP/2.0 183 Fine', ...copied, `To: <sip:x>;tag=one`, 'Require: 100rel', 'RSeq: 1'])
  deliver()
  t.equal(a.engine.stats().dialogs, 1)
  answer('one', 486)
  t.equal(a.engine.stats().dialogs, 0)
  rest(t)
})

t.test('a response with a second Via was meant for somebody else', async t => {
  const { a, peer, deliver, clock, rest } = await invited()
  const headers = peer.got()[0]?.headers
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map(name => `${name}: ${headers?.get(name)}`)
  const [via = '', ...others] = copied
  peer.send(a, ['SIP/2.0 486 Busy', via, 'Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKx', ...others])
  deliver()
  t.equal(a.left('response'), 0)
  clock.advance(33_000)
  t.equal(a.take('response').response.status, 408)
  rest(t)
})

function methodOf(message: SipMessage): string | undefined {
  return message.kind === 'request' ? message.method : undefined
}
