// N2: nobody but the parties of a call is heard in it or hears it, though anybody can send to the ports of the media anchor.
// With a real rtpengine. The last test shows that the same packets are heard when the flags are taken away.
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { NgClient, type NgCommand } from '../../../proxy/media/ng.ts'
import { RtpengineMedia } from '../../../proxy/media/rtpengine.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { caller, first } from '../../support/media-contract.ts'
import { openMediaPhone, type MediaPhone } from '../../support/media-phone.ts'
import { inNamespace } from '../../support/namespace.ts'
import { startRtpengines } from '../../support/rtpengines.ts'

/** rtpengine settles on a source once this has passed since the last offer or answer. */
const learningMs = 3_200

if (await inNamespace(import.meta.url)) {
  const [node] = await startRtpengines(1)
  suite(node?.url ?? '')
}

class Unguarded extends NgClient {
  override send(command: NgCommand): ReturnType<NgClient['send']> {
    return super.send({
      ...command,
      ...('sdp' in command && { flags: ['SDES-no', 'endpoint-learning-immediate'] }),
    })
  }
}

function suite(url: string): void {
  t.test('after the parties are known, a stranger is neither heard nor does it hear', async t => {
    const { a, b, stranger, toA, toB } = await connected(t, new NgClient(options(url)))
    await pause(learningMs)
    for (const port of [toA, toB]) {
      stranger.sendsTo(port)
      const [atA, atB, atStranger] = await Promise.all([a.hears(), b.hears(), stranger.hears()])
      t.equal(atA(2500) > 0.005 || atB(2500) > 0.005, false, 'it is not heard')
      t.ok(atA(1004) > 0.1 && atB(440) > 0.1, 'the parties hear each other')
      t.equal(atStranger(440) + atStranger(1004), 0, 'it hears nothing')
    }
  })

  t.test('while the parties are being learned, the one that SDP names comes before a stranger', async t => {
    const { a, b, stranger, toA, toB } = await connected(t, new NgClient(options(url)))
    stranger.sendsTo(toA)
    await pause(100)
    const [atA, atB] = await Promise.all([a.hears(), b.hears()])
    t.ok(atA(1004) > 0.1 && atB(440) > 0.1, 'the parties hear each other')
    t.ok(atB(2500) < 0.005, `the stranger is not heard: ${atB(2500)}`)
    stranger.sendsTo(toB)
    await pause(100)
    t.ok((await a.hears())(2500) < 0.005, 'nor at the port of the media server')
  })

  t.test(
    'a media server is heard from where its SDP says and from nowhere else, from the first packet on',
    async t => {
      const { a, b, stranger, toB } = await connected(t, new NgClient(options(url)), false)
      stranger.sendsTo(toB)
      const [atA, atStranger] = await Promise.all([a.hears(), stranger.hears()])
      t.equal(atA(2500), 0, 'the stranger is not heard')
      t.equal(atStranger(440), 0, 'and does not hear')
      b.sendsTo(toB)
      t.ok((await a.hears())(1004) > 0.1, 'the media server is')
    },
  )

  t.test('without those flags the stranger is heard', async t => {
    const { b, stranger, toA } = await connected(t, new Unguarded(options(url)))
    await pause(learningMs)
    stranger.sendsTo(toA)
    await pause(100)
    t.ok((await b.hears())(2500) > 0.01)
  })
}

function options(url: string): ConstructorParameters<typeof NgClient>[0] {
  return { url, timeoutMs: 1000, clock: systemClock }
}

let calls = 0

/** A caller (440 Hz) and a media server (1004 Hz) that hear each other, and a stranger (2500 Hz). */
async function connected(t: Test, client: NgClient, serverSends = true) {
  const media = new RtpengineMedia({ clients: [client], clock: systemClock, log: silentLog })
  await media.start()
  const a = await openMediaPhone(caller, '127.0.0.2', 440)
  const b = await openMediaPhone(first, '127.0.1.1', 1004)
  const stranger = await openMediaPhone(caller, '127.0.0.66', 2500)
  const call = `n2-${(calls += 1)}`
  const toB = await media.invite(a.says(call, b))
  const toA = await media.answer(b.says(call, a))
  a.sendsTo(toA)
  if (serverSends) b.sendsTo(toB)
  t.teardown(async () => {
    for (const phone of [a, b, stranger] satisfies MediaPhone[]) phone.close()
    await media.end(call)
    await media.stop()
  })
  return { a, b, stranger, toA, toB }
}
