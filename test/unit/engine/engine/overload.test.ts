import t from 'tap'
import { enginePair, sdp } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

t.test('a peer that says in our Via how much it can take gets no more', async t => {
  const pair = await enginePair({ overloadControl: true })
  const { a, deliver, clock, rest } = pair
  const peer = rawPeer(pair)
  const ask = (): ReturnType<typeof a.engine.request> =>
    a.engine.request({ method: 'INVITE', uri: 'sip:raw@10.0.0.9', ...sdp })
  ask()
  deliver()
  const { headers } = peer.got()[0] ?? {}
  t.match(headers?.get('via'), /;rport;oc;oc-algo="loss"$/)
  const via = headers?.get('via')?.replace(';oc;', ';oc=100;oc-validity=2000;oc-seq=1;')
  const copied = ['From', 'Call-ID', 'CSeq'].map(name => `${name}: ${headers?.get(name)}`)
  peer.send(a, ['SIP/2.0 503 Full', `Via: ${via}`, ...copied, `To: ${headers?.get('to')};tag=x`])
  deliver()
  t.equal(a.take('response').response.status, 503)
  t.strictSame(ask(), { ok: false, refusal: 'overloaded' })
  clock.advance(2000)
  t.equal(ask().ok, true)
  clock.advance(40_000)
  rest(t)
})

t.test('a peer that asks for it is told when we shed', async t => {
  const pair = await enginePair({ limits: { dialogs: 0 } })
  const { b, deliver, clock, rest } = pair
  const peer = rawPeer(pair)
  const call = (n: number, more: string): void => {
    const via = `SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK${n}${more}`
    peer.send(b, rawRequest('INVITE', { via, callId: String(n) }))
  }
  for (let n = 0; n < 4; n++) call(n, '')
  deliver()
  clock.advance(1000)
  call(5, ';oc;oc-algo="loss"')
  call(6, '')
  deliver()
  const [asked, silent] = peer.got().slice(-2)
  t.match(asked?.headers.get('via'), /;oc=95;oc-algo="loss";oc-validity=1000;oc-seq=\d+\.\d{3};received=/)
  t.notMatch(silent?.headers.get('via'), /;oc/)
  clock.advance(100_000)
  rest(t)
})
