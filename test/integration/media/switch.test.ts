import t, { type Test } from 'tap'
import { NgClient } from '../../../proxy/media/ng.ts'
import { RtpengineMedia } from '../../../proxy/media/rtpengine.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { caller, first, second } from '../../support/media-contract.ts'
import { openMediaPhone } from '../../support/media-phone.ts'
import { inNamespace } from '../../support/namespace.ts'
import { startRtpengines } from '../../support/rtpengines.ts'

/** The caller plays 440 Hz, the first it is connected with 1004 Hz, the second 1500 Hz; a real rtpengine between. */
if (await inNamespace(import.meta.url)) suite(await open())

type Media = Awaited<ReturnType<typeof open>>

async function open() {
  const [node] = await startRtpengines(1)
  const client = new NgClient({ url: node?.url ?? '', timeoutMs: 1000, clock: systemClock })
  const media = new RtpengineMedia({ clients: [client], clock: systemClock, log: silentLog })
  await media.start()
  t.teardown(() => media.stop())
  return media
}

async function phones(t: Test) {
  const all = {
    a: await openMediaPhone(caller, '127.0.0.2', 440),
    b: await openMediaPhone(first, '127.0.1.1', 1004),
    c: await openMediaPhone(second, '127.0.1.2', 1500),
  }
  t.teardown(() => Object.values(all).forEach(phone => phone.close()))
  return all
}

/** The caller and the first are connected, the caller having offered. */
async function connect(media: Media, call: string, { a, b }: Awaited<ReturnType<typeof phones>>) {
  const toB = await media.invite(a.says(call, b))
  const toA = await media.answer(b.says(call, a))
  b.sendsTo(toB)
  a.sendsTo(toA)
  return { toA, toB }
}

function suite(media: Media): void {
  t.test('the answer of a new party is the switch to it', async t => {
    const all = await phones(t)
    const { a, b, c } = all
    await connect(media, 'm1', all)
    const before = await a.hears()
    t.ok(before(1004) > 0.1, `the caller hears the first: ${before(1004)}`)
    t.ok((await b.hears())(440) > 0.1, 'and is heard by it')

    c.sendsTo(await media.invite(a.says('m1', c)))
    t.ok((await b.hears())(440) > 0.1, 'an offer changes nothing for the first')
    await media.answer(c.says('m1', a))
    const [atA, atB, atC] = await Promise.all([a.hears(), b.hears(), c.hears()])
    t.ok(atA(1500) > 0.1, `the caller hears the second: ${atA(1500)}`)
    t.ok(atA(1004) < 0.005, `and the first no more, who still sends: ${atA(1004)}`)
    t.ok(atC(440) > 0.1, `the second hears the caller: ${atC(440)}`)
    t.equal(atB(440), 0, 'the first hears nothing')

    await media.drop('m1', first.tag)
    const after = await a.hears()
    t.ok(after(1500) > 0.1, 'the end of the first changes nothing')
    const counted = await media.end('m1')
    t.ok((counted?.['a']?.packets ?? 0) > 100, 'what came from the caller was counted')
    t.ok((counted?.['b2']?.packets ?? 0) > 50)
    t.equal(counted?.['a']?.codec, 'PCMA/8000')
    t.ok(Math.abs((counted?.['a']?.lastPacketAt ?? 0) - Date.now()) < 3000)
  })

  t.test('a call that began with an offer of the first moves to the second, too', async t => {
    const { a, b, c } = await phones(t)
    a.sendsTo(await media.invite(b.says('m2', a)))
    b.sendsTo(await media.answer(a.says('m2', b)))
    t.ok((await a.hears())(1004) > 0.1)
    c.sendsTo(await media.invite(a.says('m2', c)))
    await media.answer(c.says('m2', a))
    const [atA, atC] = await Promise.all([a.hears(), c.hears()])
    t.ok(atA(1500) > 0.1 && atA(1004) < 0.005, 'the caller hears the second alone')
    t.ok(atC(440) > 0.1, 'the second hears the caller')
    await media.end('m2')
  })

  t.test('early media of one who is asked is heard before it answers for good', async t => {
    const { a, b } = await phones(t)
    b.sendsTo(await media.invite(a.says('m3', b)))
    a.sendsTo(await media.answer(b.says('m3', a, 'sendonly')))
    t.ok((await a.hears())(1004) > 0.1, 'the caller hears it ring')
    await media.answer(b.says('m3', a))
    const [atA, atB] = await Promise.all([a.hears(), b.hears()])
    t.ok(atA(1004) > 0.1 && atB(440) > 0.1, 'and both hear each other after the final answer')
    await media.end('m3')
  })

  t.test('hold and its end reach both sides', async t => {
    const all = await phones(t)
    const { a, b } = all
    await connect(media, 'm4', all)
    t.ok((await b.hears())(440) > 0.1)
    t.match(await media.offer(a.says('m4', b, 'inactive')), /a=inactive/)
    t.match(await media.answer(b.says('m4', a, 'inactive')), /a=inactive/)
    t.equal((await b.hears())(440), 0, 'nothing passes on hold')
    await media.offer(a.says('m4', b))
    await media.answer(b.says('m4', a))
    const [atA, atB] = await Promise.all([a.hears(), b.hears()])
    t.ok(atA(1004) > 0.1 && atB(440) > 0.1, 'and both hear each other again')
    await media.end('m4')
  })
}
