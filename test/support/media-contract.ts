import type { Test } from 'tap'
import type { MediaExchange, MediaParty } from '../../proxy/ports.ts'
import type { MediaAnchor } from '../../proxy/media/rtpengine.ts'
import { audioTarget, pcmaOffer } from './sip-client.ts'

/** The party that stays, and three that it is connected with. */
export const caller: MediaParty = { tag: 'a', side: 'carrier' }
export const first: MediaParty = { tag: 'b1', side: 'server' }
export const second: MediaParty = { tag: 'b2', side: 'server' }
export const third: MediaParty = { tag: 'b3', side: 'server' }

const addresses: Readonly<Record<string, string>> = {
  a: '127.0.0.2',
  b1: '127.0.1.1',
  b2: '127.0.1.2',
  b3: '127.0.1.3',
}
const anchorAddress = '127.0.0.1'

/** What every anchor of media promises. `open` opens another door’s view of the same nodes. */
export function holdsMediaContract(t: Test, open: (t: Test) => Promise<MediaAnchor>): void {
  t.test('an offer and its answer name the anchor, and no party', async t => {
    const media = await open(t)
    for (const sdp of [
      await media.invite(said('c1', caller, first)),
      await media.answer(said('c1', first, caller)),
    ]) {
      t.equal(audioTarget(sdp).host, anchorAddress)
      t.notMatch(sdp, /127\.0\.0\.2|127\.0\.1\.\d/)
    }
    await media.end('c1')
  })

  t.test(
    'each party that is asked gets a port of its own, and the one that stays keeps what it was told',
    async t => {
      const media = await open(t)
      const ports = new Set<number>()
      const told = new Set<string>()
      for (const party of [first, second, third]) {
        ports.add(audioTarget(await media.invite(said('c2', caller, party))).port)
        told.add(await media.answer(said('c2', party, caller)))
      }
      t.equal(ports.size, 3)
      t.equal(told.size, 1, 'answer after answer is the same to the caller')
      await media.end('c2')
    },
  )

  t.test('a call that began with an offer of the media server moves as well', async t => {
    const media = await open(t)
    const offered = audioTarget(await media.invite(said('c3', first, caller)))
    const answered = audioTarget(await media.answer(said('c3', caller, first)))
    t.not(offered.port, answered.port)
    await media.invite(said('c3', caller, second))
    t.equal(audioTarget(await media.answer(said('c3', second, caller))).port, offered.port)
    await media.end('c3')
  })

  t.test('both sides may offer again and keep their ports', async t => {
    const media = await open(t)
    const toServer = audioTarget(await media.invite(said('c4', caller, first))).port
    const toCaller = audioTarget(await media.answer(said('c4', first, caller))).port
    for (const [from, to, port] of [
      [caller, first, toServer],
      [first, caller, toCaller],
    ] as const) {
      t.equal(audioTarget(await media.offer(said('c4', from, to, 2))).port, port)
      t.equal(
        audioTarget(await media.answer(said('c4', to, from, 2))).port,
        port === toServer ? toCaller : toServer,
      )
    }
    await media.end('c4')
  })

  t.test('a party that never answered is dropped, and the others go on', async t => {
    const media = await open(t)
    await media.invite(said('c6', caller, first))
    const before = await media.answer(said('c6', first, caller))
    await media.invite(said('c6', caller, second))
    await media.drop('c6', second.tag)
    await media.drop('c6', 'nobody')
    t.equal(await media.answer(said('c6', first, caller)), before)
    t.ok('a' in ((await media.statistics('c6')) ?? {}))
    await media.end('c6')
  })

  t.test('when the only party that was asked is dropped, another may be asked', async t => {
    const media = await open(t)
    await media.invite(said('c7', caller, first))
    await media.drop('c7', first.tag)
    await media.invite(said('c7', caller, second))
    t.equal(audioTarget(await media.answer(said('c7', second, caller))).host, anchorAddress)
    await media.end('c7')
  })

  t.test('statistics are told by party while the call lasts, and when it ends', async t => {
    const media = await open(t)
    await media.invite(said('c8', caller, first))
    await media.answer(said('c8', first, caller))
    const during = (await media.statistics('c8')) ?? {}
    t.strictSame(Object.keys(during).toSorted(), ['a', 'b1'])
    t.match(during['a'], { packets: 0, bytes: 0, errors: 0 })
    t.equal(during['a']?.lastPacketAt, undefined)
    t.strictSame(Object.keys((await media.end('c8')) ?? {}).toSorted(), ['a', 'b1'])
    t.equal(await media.statistics('c8'), undefined)
    t.equal(await media.end('c8'), undefined)
  })

  t.test('what belongs to no call is refused', async t => {
    const media = await open(t)
    await t.rejects(media.offer(said('c10', caller, first)), { code: 'E_MEDIA_REFUSED' })
    await t.rejects(media.answer(said('c10', first, caller)), { code: 'E_MEDIA_REFUSED' })
    await media.drop('c10', first.tag)
  })
}

/** The n-th SDP that `from` says. */
export function said(call: string, from: MediaParty, to: MediaParty, version = 1): MediaExchange {
  const address = addresses[from.tag] ?? ''
  const sdp = pcmaOffer(address, 30_000).replace('o=- 1 1', `o=- 1 ${version}`)
  return { call, from, to, sdp }
}
