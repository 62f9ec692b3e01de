import t, { type Test } from 'tap'
import type { NgAnswer, NgCommand, NgNode } from '../../../../proxy/media/ng.ts'
import { RtpengineMedia } from '../../../../proxy/media/rtpengine.ts'
import { PorticoError } from '../../../../runtime/errors.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { caller, first, said } from '../../../support/media-contract.ts'

/** An rtpengine that answers as it is told to, and writes down what it was asked. */
class ScriptedNode implements NgNode {
  readonly orders: string[] = []
  mood: 'fine' | 'silent' | 'full' = 'fine'
  /** It was started anew. */
  forgets = false
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  start = async (): Promise<void> => undefined
  stop = async (): Promise<void> => undefined

  async send(command: NgCommand): Promise<NgAnswer> {
    const call = command['call-id']
    this.orders.push(typeof call === 'string' ? `${command.command} ${call}` : command.command)
    if (this.mood === 'silent') throw new PorticoError('E_MEDIA_TIMEOUT', `${this.url} is silent`)
    if (this.mood === 'full' && command.command === 'offer') {
      throw new PorticoError('E_MEDIA_REFUSED', `${this.url}: load limit`)
    }
    if (this.forgets && command.command === 'query')
      throw new PorticoError('E_MEDIA_REFUSED', 'Unknown call-id')
    return { result: 'ok', sdp: `v=0 by ${this.url}` }
  }

  /** What it was asked since the last time, but for signs of life. */
  asked(): readonly string[] {
    return this.orders.splice(0).filter(order => order !== 'ping')
  }
}

async function open(t: Test) {
  const clock = new ManualClock()
  const [one, two] = [new ScriptedNode('one'), new ScriptedNode('two')]
  const media = new RtpengineMedia({ clients: [one, two], clock, log: silentLog })
  await media.start()
  t.teardown(() => media.stop())
  const invite = (call: string): Promise<string> => media.invite(said(call, caller, first))
  return { clock, one, two, media, invite }
}

/** Lets promises that are settled be heard. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('calls spread over the nodes, and each stays where it began', async t => {
  const { one, two, media, invite } = await open(t)
  for (let n = 0; n < 6; n += 1) await invite(`c${n}`)
  const [ofOne, ofTwo] = [one.asked(), two.asked()]
  t.equal(ofOne.length, 3)
  t.equal(ofTwo.length, 3)
  for (let n = 0; n < 6; n += 1) await media.answer(said(`c${n}`, first, caller))
  t.strictSame(
    one.asked(),
    ofOne.map(order => order.replace('offer', 'answer')),
  )
})

t.test('a new call goes where fewest are', async t => {
  const { one, two, media, invite } = await open(t)
  for (let n = 0; n < 6; n += 1) await invite(`c${n}`)
  const left = two.asked().map(order => order.split(' ')[1] ?? '')
  for (const call of left) await media.end(call)
  one.asked()
  two.asked()
  for (let n = 6; n < 9; n += 1) await invite(`c${n}`)
  t.strictSame([one.asked().length, two.asked().length], [0, 3])
})

t.test('a silent node is passed over, and not asked again by the next call', async t => {
  const { one, invite } = await open(t)
  one.mood = 'silent'
  t.equal(await invite('c1'), 'v=0 by two')
  t.equal(await invite('c2'), 'v=0 by two')
  t.equal(await invite('c3'), 'v=0 by two')
  t.ok(one.asked().length <= 1)
})

t.test('a node that comes back is told what it missed, and takes calls again', async t => {
  const { clock, one, media, invite } = await open(t)
  await invite('c1')
  await invite('c2')
  const [mine = ''] = one.asked().map(order => order.split(' ')[1])
  one.mood = 'silent'
  await t.rejects(media.end(mine), { code: 'E_MEDIA_TIMEOUT' })
  await invite('c3')
  one.mood = 'fine'
  one.asked()
  clock.advance(999)
  await settled()
  t.strictSame(one.asked(), [])
  clock.advance(1_001)
  await settled()
  t.ok(one.asked().includes(`delete ${mine}`))
  await invite('c4')
  t.strictSame(one.asked(), ['offer c4'])
})

t.test('a node that says it is full is passed over for that call, and stays', async t => {
  const { one, two, invite } = await open(t)
  one.mood = 'full'
  for (const call of ['c1', 'c2', 'c3']) t.equal(await invite(call), 'v=0 by two')
  await settled()
  const asked = one.asked()
  t.ok(asked.includes('offer c2') && asked.includes('delete c2'), 'what it may have begun is ended')
  one.mood = 'fine'
  two.mood = 'full'
  t.equal(await invite('c4'), 'v=0 by one')
})

t.test('when all are silent each new call still tries them, and fails with the last reason', async t => {
  const { one, two, invite } = await open(t)
  one.mood = 'silent'
  two.mood = 'silent'
  await t.rejects(invite('c1'), { code: 'E_MEDIA_TIMEOUT' })
  one.mood = 'fine'
  t.equal(await invite('c2'), 'v=0 by one')
})

t.test('a refusal is told as it is', async t => {
  const { one, two, invite } = await open(t)
  one.mood = 'full'
  two.mood = 'full'
  await t.rejects(invite('c1'), { code: 'E_MEDIA_REFUSED', message: /load limit/ })
})

t.test('calls of a node that stays silent are lost, once there is another one to take them', async t => {
  const { clock, one, two, media, invite } = await open(t)
  const lost: string[] = []
  media.onLost(calls => lost.push(...calls))
  for (const call of ['c1', 'c2']) await invite(call)
  const hit = one.asked().some(order => order === 'offer c1') ? 'c1' : 'c2'
  one.mood = two.mood = 'silent'
  clock.advance(1000)
  await settled()
  clock.advance(1000)
  await settled()
  t.strictSame(lost, [], 'nobody could take them')
  two.mood = 'fine'
  clock.advance(4000)
  await settled()
  t.strictSame(lost, [hit])
  await t.rejects(
    media.answer(said(hit, first, caller)),
    { code: 'E_MEDIA_REFUSED' },
    'it is anchored nowhere',
  )
  t.equal(await media.end(hit), undefined)
})

t.test('a node that was started anew has lost its calls; one that only hung has them still', async t => {
  const { clock, one, media, invite } = await open(t)
  const lost: string[] = []
  media.onLost(calls => lost.push(...calls))
  for (const call of ['c1', 'c2', 'c3', 'c4']) await invite(call)
  const held = one.asked().map(order => order.replace('offer ', ''))
  for (const isNew of [false, true]) {
    one.mood = 'silent'
    clock.advance(1000)
    await settled()
    one.mood = 'fine'
    one.forgets = isNew
    clock.advance(2000)
    await settled()
    t.strictSame(lost, isNew ? held : [])
  }
})
