import t from 'tap'
import { NgClient } from '../../../proxy/media/ng.ts'
import { RtpengineMedia } from '../../../proxy/media/rtpengine.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { holdsMediaContract } from '../../support/media-contract.ts'
import { inNamespace } from '../../support/namespace.ts'
import { startRtpengines } from '../../support/rtpengines.ts'

if (await inNamespace(import.meta.url)) {
  const nodes = await startRtpengines(2)
  t.test('rtpengine itself', async t => {
    holdsMediaContract(t, async t => {
      const clients = nodes.map(({ url }) => new NgClient({ url, timeoutMs: 1000, clock: systemClock }))
      const media = new RtpengineMedia({ clients, clock: systemClock, log: silentLog })
      await media.start()
      t.teardown(() => media.stop())
      return media
    })
  })
}
