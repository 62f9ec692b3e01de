import t from 'tap'
import { continued, continuedOffer } from '../../../../proxy/media/origin.ts'

const sdp = (origin: string, port: number): string =>
  `v=0\r\n${origin}\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nm=audio ${port} RTP/AVP 8\r\n`
const [old, other] = ['o=- 17 2 IN IP4 192.0.2.1', 'o=- 99 1 IN IP4 192.0.2.7'] as const

t.test('what another anchor describes is the next version of what was told', async t => {
  t.equal(continued(sdp(other, 4002), sdp(old, 4000)), sdp('o=- 17 3 IN IP4 192.0.2.1', 4002))
})

t.test('and so is what that one says next', async t => {
  const told = continued(sdp(other, 4002), sdp(old, 4000))
  const next = continued(sdp('o=- 99 2 IN IP4 192.0.2.7', 4004), told)
  t.equal(next, sdp('o=- 17 4 IN IP4 192.0.2.1', 4004))
})

t.test('one that has not counted the versions of another is put right', async t => {
  for (const version of [1, 2])
    t.equal(
      continued(sdp(`o=- 17 ${version} IN IP4 192.0.2.1`, 4002), sdp(old, 4000)),
      sdp('o=- 17 3 IN IP4 192.0.2.1', 4002),
    )
})

t.test('the same description is the same version', async t => {
  t.equal(continued(sdp(other, 4000), sdp(old, 4000)), sdp(old, 4000))
})

t.test('an anchor that stays counts for itself', async t => {
  const next = sdp('o=- 17 9 IN IP4 192.0.2.1', 4000)
  t.equal(continued(next, sdp(old, 4000)), next)
})

t.test('versions have as many digits as they like', async t => {
  const told = sdp('o=- 17 18446744073709551614 IN IP4 192.0.2.1', 4000)
  t.match(continued(sdp(other, 4002), told), /^o=- 17 18446744073709551615 IN/m)
})

t.test('what was not told, or is no description, begins anew', async t => {
  for (const told of [undefined, '', 'o=one']) t.equal(continued(sdp(other, 4002), told), sdp(other, 4002))
  t.equal(continued('nothing', sdp(old, 4000)), 'nothing')
})

const sections = (o: string, names: readonly string[]): string =>
  [
    o,
    `a=group:BUNDLE ${names.join(' ')}`,
    ...names.flatMap(name => ['m=audio 4000 RTP/AVP 8', `a=mid:${name}`]),
    '',
  ].join('\r\n')

t.test('the sections of an offer keep their names, by place, and groups are of those', async t => {
  const told = sections(old, ['0', 'video'])
  t.equal(continuedOffer(sections(other, ['1', '0']), told), told, 'a name that was another’s changes hands')
  const next = 'o=- 17 3 IN IP4 192.0.2.1'
  t.equal(continuedOffer(sections(next, ['1', '2']), told), sections(next, ['0', 'video']), 'of any origin')
  t.equal(
    continued(sections(next, ['1', '2']), told),
    sections(next, ['1', '2']),
    'an answer has those of its offer',
  )
})

t.test('a section that had no name has the one that it is given', async t => {
  const named = `${sdp(other, 4002)}a=mid:1\r\n`
  t.match(continuedOffer(named, sdp(old, 4000)), /^a=mid:1\r$/m)
  t.equal(continuedOffer(named, undefined), named)
  t.notMatch(continuedOffer(sdp(other, 4002), `${sdp(old, 4000)}a=mid:0\r\n`), /a=mid/)
})
