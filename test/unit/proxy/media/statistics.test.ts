import t from 'tap'
import { statisticsOf } from '../../../../proxy/media/statistics.ts'

const stream = (packets: number, flags: readonly string[] = ['RTP']) => ({
  'last packet': 1_795_543_689,
  flags,
  stats: { packets, bytes: packets * 172, errors: 2 },
})
const mos = (MOS: number, jitter: number) => ({
  MOS,
  jitter,
  'round-trip time': 40_500,
  'packet loss': 1,
  samples: 3,
})

t.test('what came in is told by party, RTCP left aside', async t => {
  const medias = [{ codec: 'opus/48000/2', streams: [stream(100), stream(7, ['RTCP'])] }]
  t.strictSame(statisticsOf({ result: 'ok', tags: { a: { medias }, b1: { medias: [] } } }), {
    a: { packets: 100, bytes: 17_200, errors: 2, codec: 'opus/48000/2', lastPacketAt: 1_795_543_689_000 },
    b1: { packets: 0, bytes: 0, errors: 0 },
  })
})

t.test('a party that sent nothing has no time of a last packet', async t => {
  t.strictSame(statisticsOf({ tags: { a: { medias: [{ streams: [stream(0)] }] } } })?.['a'], {
    packets: 0,
    bytes: 0,
    errors: 2,
  })
})

t.test('what receivers reported is averaged over the sources of a party by their packets', async t => {
  const medias = [
    {
      streams: [stream(400)],
      'ingress SSRCs': [
        { packets: 300, 'cumulative loss': 3, 'average MOS': mos(40, 8) },
        { packets: 100, 'cumulative loss': 2, 'average MOS': mos(44, 4) },
        { packets: 5 },
      ],
    },
  ]
  t.strictSame(statisticsOf({ tags: { a: { medias } } })?.['a']?.reported, {
    lostPackets: 5,
    lossPercent: 1,
    jitterMs: 7,
    roundTripMs: 40.5,
    mos: 4.1,
  })
})

t.test('anything else is no statistics', async t => {
  for (const answer of [
    undefined,
    'ok',
    { result: 'ok' },
    { tags: { a: 1 } },
    { tags: { a: { medias: [{}] } } },
  ]) {
    t.equal(statisticsOf(answer), undefined)
  }
})
