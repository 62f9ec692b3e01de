import t from 'tap'
import { admit, lapsed, type Claim } from '../../../../selector/domain/registration.ts'
import type { MediaServer } from '../../../../selector/domain/media-server.ts'
import { mediaServer } from '../../../support/fleet.ts'

const given = { username: 'portico', secret: 'of-the-fleet', capacity: 60, zone: 'default' }
const claim: Claim = {
  id: 'ms-a',
  host: '10.0.0.11',
  sip: { port: 5060, transport: 'udp' },
  amiPort: 5039,
  capacity: 40,
  zone: 'fra1',
}
const registered: MediaServer = {
  id: 'ms-a',
  sip: { host: '10.0.0.11', port: 5060, transport: 'udp' },
  ami: { host: '10.0.0.11', port: 5039, username: 'portico', secret: 'of-the-fleet' },
  capacity: 40,
  zone: 'fra1',
  wanted: 'active',
  registration: 'current',
}
const elsewhere = { ...claim, host: '10.0.0.99' }

t.test('a new server gets the secrets of the fleet and the address it was heard from', async t => {
  t.strictSame(admit(claim, [], false, given), { kind: 'changed', server: registered })
})

t.test('a server that says neither capacity nor zone gets those of the settings', async t => {
  const { capacity: _, zone: __, ...brief } = claim
  const admission = admit(brief, [], false, given)
  t.match(admission, { server: { capacity: 60, zone: 'default' } })
})

t.test('one that is registered already changes nothing', async t => {
  t.strictSame(admit(claim, [registered], true, given), { kind: 'known' })
  const tuned = { ...registered, capacity: 10, zone: 'z', wanted: 'draining' as const }
  t.strictSame(admit(claim, [tuned], true, given), { kind: 'known' }, 'what an operator set stays')
})

t.test('one whose ports changed is written anew', async t => {
  const admission = admit({ ...claim, amiPort: 5038 }, [registered], true, given)
  t.match(admission, {
    kind: 'changed',
    over: registered,
    server: { ami: { port: 5038, secret: 'of-the-fleet' } },
  })
})

t.test('nobody takes the id of a living server, nor that of one that an operator wrote', async t => {
  t.match(admit(elsewhere, [registered], true, given), { kind: 'refused', reason: 'id-taken' })
  t.match(admit(elsewhere, [mediaServer('ms-a')], false, given), { kind: 'refused', reason: 'id-taken' })
})

t.test('nobody takes the address of another server', async t => {
  const other = mediaServer('ms-b', { sip: { host: '10.0.0.11', port: 5060, transport: 'udp' } })
  t.match(admit(claim, [other], false, given), { kind: 'refused', reason: 'address-taken' })
  const beside = mediaServer('ms-b', { sip: { host: '10.0.0.11', port: 5080, transport: 'udp' } })
  t.match(admit(claim, [beside], false, given), { kind: 'changed' }, 'another port is another server')
})

t.test('a server that comes back elsewhere once its registration ran out is moved', async t => {
  const gone = lapsed(registered)
  t.match(admit(elsewhere, gone ? [gone] : [], false, given), {
    kind: 'changed',
    server: {
      sip: { host: '10.0.0.99' },
      ami: { host: '10.0.0.99' },
      wanted: 'active',
      registration: 'current',
    },
  })
})

t.test('a server of an operator may register and is left as it is', async t => {
  const server = mediaServer('ms-a', { sip: registered.sip })
  t.strictSame(admit(claim, [server], false, given), { kind: 'known' })
  t.equal(lapsed(server), undefined)
})

t.test('one that stops registering is drained, and active again when it comes back', async t => {
  const drained = { ...registered, wanted: 'draining', registration: 'lapsed' } as const
  t.strictSame(lapsed(registered), drained)
  t.equal(lapsed(drained), undefined)
  t.match(admit(claim, [drained], false, given), { kind: 'changed', server: registered })
})

t.test('a drain by an operator outlives silence and return', async t => {
  const drained = { ...registered, wanted: 'draining' } as const
  t.equal(lapsed(drained), undefined)
  t.strictSame(admit(claim, [drained], false, given), { kind: 'known' })
})
