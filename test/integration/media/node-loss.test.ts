import t, { type Test } from 'tap'
import { NgClient, type NgCommand } from '../../../proxy/media/ng.ts'
import { RtpengineMedia } from '../../../proxy/media/rtpengine.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { freeze } from '../../support/freeze.ts'
import { caller, first, said } from '../../support/media-contract.ts'
import { inNamespace } from '../../support/namespace.ts'
import { startRtpengines, type Rtpengine } from '../../support/rtpengines.ts'
import { until } from '../../support/world.ts'

/** Two real rtpengines, of which one hangs (SIGSTOP) and one dies (SIGKILL) under calls. */
if (await inNamespace(import.meta.url)) suite(await startRtpengines(2))

function suite(nodes: readonly Rtpengine[]): void {
  const [one, two] = nodes
  if (!one || !two) throw new Error('there are no two rtpengines')

  t.test(
    'a call whose node hangs is set up on the next one within 2.5 s, and later ones at once',
    async t => {
      const media = await door(t, nodes)
      await media.invite(said('h1', caller, first))
      const hung = (await holds(t, one, 'h1')) ? one : two
      await freeze(hung.pid)
      t.teardown(() => process.kill(hung.pid, 'SIGCONT'))
      const failed = await timed(() =>
        t.rejects(media.answer(said('h1', first, caller)), { code: 'E_MEDIA_TIMEOUT' }),
      )
      t.ok(failed < 2500, `the answer fails after ${failed} ms`)
      await t.rejects(media.end('h1'), { code: 'E_MEDIA_TIMEOUT' })
      const took = await timed(async () => t.ok(await setUp(media, 'h2'), 'the next call is set up'))
      t.ok(took < 500, `after ${took} ms`)

      process.kill(hung.pid, 'SIGCONT')
      await until('the hung node to be rid of the call', async () => !(await holds(t, hung, 'h1')), 8000)
      await until('the node to take calls again', async () => {
        await media.invite(said('h3', caller, first))
        const back = await holds(t, hung, 'h3')
        await media.end('h3')
        return back
      })
      await media.end('h2')
    },
  )

  t.test(
    'a first offer that meets a hung node lands on the other, and nothing of it stays behind',
    async t => {
      // No sign of life is asked for in between: this door does not know yet.
      const media = await door(t, nodes)
      await freeze(one.pid)
      t.teardown(() => process.kill(one.pid, 'SIGCONT'))
      const took = await timed(async () => {
        for (const call of ['o1', 'o2']) t.ok(await setUp(media, call))
      })
      t.ok(took < 2500, `both calls are up after ${took} ms`)
      t.ok((await holds(t, two, 'o1')) && (await holds(t, two, 'o2')))
      process.kill(one.pid, 'SIGCONT')
      await until(
        'the hung node to be rid of what it was asked',
        async () => !(await holds(t, one, 'o1')) && !(await holds(t, one, 'o2')),
        8000,
      )
      for (const call of ['o1', 'o2']) await media.end(call)
    },
  )

  t.test('a node that is killed is noticed at once', async t => {
    const media = await door(t, nodes)
    await media.invite(said('k1', caller, first))
    const [dead, alive] = (await holds(t, one, 'k1')) ? [one, two] : [two, one]
    process.kill(dead.pid, 'SIGKILL')
    await until('its port to be closed', async () => !(await lives(t, dead)))
    const failed = await timed(() =>
      t.rejects(media.answer(said('k1', first, caller)), { code: 'E_MEDIA_TIMEOUT' }),
    )
    t.ok(failed < 500, `the answer fails after ${failed} ms`)
    const took = await timed(async () => t.ok(await setUp(media, 'k2'), 'the next call is set up'))
    t.ok(took < 500, `after ${took} ms`)
    t.ok(await holds(t, alive, 'k2'))
    process.kill(alive.pid, 'SIGKILL')
    await until('its port to be closed', async () => !(await lives(t, alive)))
    await t.rejects(media.invite(said('k3', caller, first)), { code: 'E_MEDIA_TIMEOUT' })
  })
}

async function door(t: Test, nodes: readonly Rtpengine[]): Promise<RtpengineMedia> {
  const clients = nodes.map(({ url }) => new NgClient({ url, timeoutMs: 1000, clock: systemClock }))
  const media = new RtpengineMedia({ clients, clock: systemClock, log: silentLog })
  await media.start()
  t.teardown(() => media.stop())
  return media
}

async function setUp(media: RtpengineMedia, call: string): Promise<boolean> {
  const offered = await media.invite(said(call, caller, first))
  const answered = await media.answer(said(call, first, caller))
  return offered.startsWith('v=0') && answered.startsWith('v=0')
}

/** Whether that rtpengine has the call. */
async function holds(t: Test, node: Rtpengine, call: string): Promise<boolean> {
  return asks(t, node, { command: 'query', 'call-id': call })
}

async function lives(t: Test, node: Rtpengine): Promise<boolean> {
  return asks(t, node, { command: 'ping' })
}

async function asks(t: Test, { url }: Rtpengine, order: NgCommand): Promise<boolean> {
  const client = new NgClient({ url, timeoutMs: 2000, clock: systemClock })
  t.teardown(() => client.stop())
  await client.start()
  return client.send(order).then(
    () => true,
    () => false,
  )
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return Math.round(performance.now() - began)
}
