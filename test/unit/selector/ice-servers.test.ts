import { createHmac } from 'node:crypto'
import t from 'tap'
import { iceServersFor } from '../../../selector/ice-servers.ts'

const now = 1_800_000_000_000
const session = { agent: '1001', expiresAt: now + 3_600_000, now }
const turn = { urls: ['turn:turn.example:3478?transport=udp'], secret: 'shared with coturn' }

t.test('an agent gets an account of its own at the TURN server, which ends with its session', async t => {
  const [server] = iceServersFor([turn], session)
  t.equal(server?.username, '1800003600:1001')
  const expected = createHmac('sha1', turn.secret).update('1800003600:1001').digest('base64')
  t.equal(server?.credential, expected)
  t.match(server?.credential, /^[A-Za-z0-9+/]{27}=$/)
})

t.test('and after half a day at the latest', async t => {
  const [server] = iceServersFor([turn], { ...session, expiresAt: now + 86_400_000 })
  t.equal(server?.username, `${now / 1000 + 43_200}:1001`)
})

t.test('the shared secret is told to nobody', async t => {
  t.notMatch(JSON.stringify(iceServersFor([turn], session)), /shared with coturn|secret/)
})

t.test('two agents never have the same account', async t => {
  const [one, two] = ['1001', '1002'].map(agent => iceServersFor([turn], { ...session, agent })[0])
  t.not(one?.username, two?.username)
  t.not(one?.credential, two?.credential)
})

t.test('a server without a secret is told as it is configured', async t => {
  const stun = { urls: ['stun:stun.example'] }
  const fixed = { urls: ['turn:turn.example'], username: 'u', credential: 'c' }
  t.strictSame(iceServersFor([stun, fixed], session), [stun, fixed])
})
