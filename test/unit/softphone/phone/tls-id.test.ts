import t from 'tap'
import { withTlsId } from '../../../../softphone/phone/tls-id.ts'

const section =
  'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 AA\r\na=setup:actpass\r\na=mid:0\r\n'

t.test('every section with a setup line names the association', async t => {
  const sdp = withTlsId(`v=0\r\n${section}${section}`, 'one-and-the-same-for-ever')
  t.equal(sdp.match(/a=setup:actpass\r\na=tls-id:one-and-the-same-for-ever\r\na=mid:0\r\n/g)?.length, 2)
})

t.test('an SDP that names one is left alone', async t => {
  const named = `v=0\r\n${section}a=tls-id:given-by-the-browser-itself\r\n`
  t.equal(withTlsId(named, 'other'), named)
})

t.test('an SDP without DTLS is left alone', async t => {
  const plain = 'v=0\r\nm=audio 9 RTP/AVP 8\r\n'
  t.equal(withTlsId(plain, 'other'), plain)
})
