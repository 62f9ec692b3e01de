import t from 'tap'
import { orderPeers, peerKey } from '../../../../selector/domain/peers.ts'
import type { TrunkPeer } from '../../../../selector/domain/trunk.ts'

const peer = (host: string, priority = 0, weight = 1): TrunkPeer => ({
  host,
  port: 5060,
  transport: 'udp',
  priority,
  weight,
})
const up = (): 'up' => 'up'
const aIsDown = ({ host }: TrunkPeer): 'up' | 'down' => (host === 'a' ? 'down' : 'up')
const hosts = (peers: readonly TrunkPeer[]): string => peers.map(({ host }) => host).join('')

t.test('the lower priority number goes first, in whatever order they are written', async t => {
  t.equal(hosts(orderPeers([peer('c', 9), peer('a', 1), peer('b', 5)], up, () => 0.5)), 'abc')
})

t.test('within one priority the share of first places is that of the weights', async t => {
  let seed = 1
  const chance = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  const firsts = new Map<string, number>()
  for (let n = 0; n < 4_000; n++) {
    const [first] = orderPeers([peer('a', 0, 3), peer('b', 0, 1)], up, chance)
    firsts.set(first?.host ?? '', (firsts.get(first?.host ?? '') ?? 0) + 1)
  }
  const share = (firsts.get('a') ?? 0) / 4_000
  t.ok(share > 0.72 && share < 0.78, String(share))
})

t.test('weight 0 comes after all others of its priority', async t => {
  for (const chance of [0, 0.3, 0.999])
    t.equal(hosts(orderPeers([peer('z', 0, 0), peer('a')], up, () => chance)), 'az')
})

t.test('one that is down is tried last, but is tried', async t => {
  t.equal(hosts(orderPeers([peer('a', 0), peer('b', 1), peer('c', 2)], aIsDown, () => 0)), 'bca')
})

t.test('a peer is known by where it is', async t => {
  t.equal(peerKey(peer('a')), peerKey(peer('a', 7, 9)))
  t.not(peerKey(peer('a')), peerKey({ ...peer('a'), port: 5061 }))
})
