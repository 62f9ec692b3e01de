import t from 'tap'
import { NgClient } from '../../proxy/media/ng.ts'
import { RtpengineMedia } from '../../proxy/media/rtpengine.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { fakeRtpengine } from '../support/fake-rtpengine.ts'
import { holdsMediaContract } from '../support/media-contract.ts'

/** The double that other tests rest on keeps what the real one keeps: see test/integration/media/contract.test.ts. */
const nodes = await Promise.all([fakeRtpengine(), fakeRtpengine()])

t.test('rtpengine, as the double plays it', async t => {
  holdsMediaContract(t, async t => {
    const clients = nodes.map(({ url }) => new NgClient({ url, timeoutMs: 1000, clock: systemClock }))
    const media = new RtpengineMedia({ clients, clock: systemClock, log: silentLog })
    await media.start()
    t.teardown(() => media.stop())
    return media
  })
})

t.teardown(() => Promise.all(nodes.map(node => node.close())))
