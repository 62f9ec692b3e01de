import t from 'tap'
import { response } from '../../../../engine/message/build.ts'
import { createTrunkPeers, type TrunkPeers } from '../../../../proxy/trunk/peers.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { peerKey } from '../../../../selector/domain/peers.ts'
import { RecordingEdge } from '../../../support/door-parts.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { trunkOf, trunkPeer } from '../../../support/trunks.ts'

const [a, b] = [trunkPeer('192.0.2.1'), trunkPeer('192.0.2.2', { priority: 1, transport: 'tcp' })]
const trunk = trunkOf({ peers: [a, b] })

function probed(probeMs = 1_000): {
  readonly edge: RecordingEdge
  readonly clock: ManualClock
  readonly peers: TrunkPeers
  /** One round of probes, each peer answering with its status; 0: no answer. */
  readonly round: (...statuses: readonly number[]) => void
} {
  const edge = new RecordingEdge()
  const clock = new ManualClock()
  const peers = createTrunkPeers({
    edge,
    trunks: () => [trunk],
    clock,
    probeMs,
    chance: () => 0,
    log: silentLog,
  })
  peers.start()
  const round = (...statuses: readonly number[]): void => {
    clock.advance(probeMs)
    for (const [index, { transaction }] of edge.requests.splice(0).entries()) {
      const status = statuses[index] ?? 0
      if (status > 0)
        peers.take({ kind: 'response', transaction, response: response(status, []), local: false })
    }
  }
  return { edge, clock, peers, round }
}

t.test('every peer is asked by OPTIONS, from the face of the trunks', async t => {
  const { edge, clock } = probed()
  clock.advance(1_000)
  t.match(edge.requests, [
    { method: 'OPTIONS', side: 'trunk', uri: 'sip:192.0.2.1:5060;transport=udp' },
    { method: 'OPTIONS', side: 'trunk', uri: 'sip:192.0.2.2:5060;transport=tcp' },
  ])
})

t.test('two silences put a peer down, two answers of whatever kind bring it back', async t => {
  const { peers, round } = probed()
  t.equal(peers.healthOf(a), 'unknown')
  round(200, 200)
  t.equal(peers.healthOf(a), 'up')
  round(0, 200)
  round(0, 200)
  t.equal(peers.healthOf(a), 'up', 'silence is noticed when the next turn comes')
  round(0, 200)
  t.equal(peers.healthOf(a), 'down')
  t.equal(peers.ordered(trunk)[0], b, 'and another goes first')
  round(404, 200)
  t.equal(peers.healthOf(a), 'down')
  round(401, 200)
  t.equal(peers.healthOf(a), 'up')
  t.equal(peers.ordered(trunk)[0], a)
})

t.test('one that says it takes no calls is down as well', async t => {
  const { peers, round } = probed()
  for (let n = 0; n < 3; n++) round(503, 200)
  t.strictSame([peers.healthOf(a), peers.healthOf(b)], ['down', 'up'])
})

t.test('calls tell of a peer too', async t => {
  const { peers } = probed()
  peers.result(peerKey(a), false)
  peers.result(peerKey(a), false)
  t.equal(peers.healthOf(a), 'down')
})

t.test('with 0 nobody is asked, and answers of others are left alone', async t => {
  const { edge, clock, peers } = probed(0)
  clock.advance(60_000)
  t.strictSame(edge.requests, [])
  const foreign = { kind: 'response', transaction: 'b1', response: response(200, []), local: false } as const
  t.equal(peers.take(foreign), false)
  t.equal(
    peers.take({ ...foreign, transaction: 'peer-probe-9' }),
    true,
    'a late answer to a probe is nobody else’s',
  )
})
