// S9: nobody but the peer of a call can change or end it. A stranger does not know its tags, of which ours have 64 random bits;
// who has stolen them is still in the wrong place when the policy is to refuse that.
import t, { type Test } from 'tap'
import type { NewFlowPolicy } from '../../../engine/options.ts'
import { rawClient, udpPeer, type UdpPeer } from '../../support/attack/peers.ts'
import { openTarget, type Target } from '../../support/attack/target.ts'
import { requestText, unique, type RequestText } from '../../support/attack/text.ts'
import { passing, within } from '../../support/attack/time.ts'
import { headerOf, readSip, statusOf } from '../../support/sip-text.ts'

const via = 'SIP/2.0/UDP x.invalid'

interface Standing {
  readonly target: Target
  readonly caller: UdpPeer
  readonly thief: UdpPeer
  readonly ids: Required<Pick<RequestText, 'callId' | 'fromTag' | 'toTag'>>
  /** The status that `peer` gets. */
  readonly status: (peer: UdpPeer, method: string, given: RequestText) => Promise<number>
}

/** A call that stands, its caller, and somebody at another address. */
async function standing(t: Test, newFlow: NewFlowPolicy): Promise<Standing> {
  const target = await openTarget(t, { listeners: ['udp', 'tcp'], more: { newFlow } })
  const caller = await udpPeer(t, '127.0.11.1')
  const thief = await udpPeer(t, '127.0.11.2')
  const callId = unique()
  const fromTag = unique()
  caller.send(requestText('INVITE', { callId, fromTag, via }), target.port('udp'))
  const answer = await caller.answer(callId)
  const toTag = /;tag=(\w+)/.exec(headerOf(answer, 'to'))?.[1] ?? ''
  caller.send(requestText('ACK', { callId, fromTag, toTag, via }), target.port('udp'))
  t.ok(await within(2000, () => target.events.some(({ kind }) => kind === 'ack')))
  return {
    target,
    caller,
    thief,
    ids: { callId, fromTag, toTag },
    async status(peer, method, given) {
      peer.send(requestText(method, { via, cseq: 2, ...given }), target.port('udp'))
      return statusOf(await peer.answer(given.callId ?? ''))
    },
  }
}

const forged: readonly [name: string, change: Partial<RequestText>][] = [
  ['a guessed tag of ours', { toTag: 'deadbeefdeadbeef' }],
  ['a guessed tag of the caller', { fromTag: 'guessed' }],
  ['both tags exchanged', {}],
]

for (const method of ['BYE', 'INVITE', 'INFO', 'UPDATE']) {
  for (const [name, change] of forged) {
    t.test(`a ${method} with ${name} gets 481, and the call goes on`, async t => {
      const { target, caller, thief, ids, status } = await standing(t, 'follow')
      const exchanged = name.startsWith('both') ? { fromTag: ids.toTag, toTag: ids.fromTag } : change
      t.equal(await status(thief, method, { ...ids, ...exchanged }), 481)
      t.equal(target.stats().dialogs, 1)
      t.equal(await status(caller, 'INFO', ids), 200)
    })
  }

  t.test(
    `a ${method} with stolen tags gets 403 where the policy is to refuse, and the call goes on`,
    async t => {
      const { target, caller, thief, ids, status } = await standing(t, 'refuse')
      const heard = target.heard().length
      t.equal(await status(thief, method, ids), 403)
      t.equal(target.heard().length, heard)
      t.equal(target.stats().dialogs, 1)
      t.equal(await status(caller, 'INFO', ids), 200)
    },
  )

  t.test(`without that policy a ${method} with stolen tags is taken`, async t => {
    const { target, thief, ids, status } = await standing(t, 'follow')
    t.equal(await status(thief, method, ids), 200)
    t.equal(target.stats().dialogs, method === 'BYE' ? 0 : 1)
  })
}

t.test('stolen tags over another transport are in the wrong place as well', async t => {
  const { target, ids } = await standing(t, 'refuse')
  const client = rawClient(t, target.port('tcp'), '127.0.11.1')
  client.socket.write(requestText('BYE', { ...ids, cseq: 2 }))
  t.ok(await within(2000, () => client.got() !== ''))
  t.equal(statusOf(readSip(client.got())), 403)
  t.equal(target.stats().dialogs, 1)
})

t.test('a CANCEL from elsewhere gets 481, the one of the caller ends the call', async t => {
  const target = await openTarget(t, { listeners: ['udp'], answer: () => ({ status: 180 }) })
  const caller = await udpPeer(t, '127.0.11.1')
  const thief = await udpPeer(t, '127.0.11.2')
  const ids = { callId: unique(), fromTag: unique(), branch: `z9hG4bK${unique()}`, via }
  caller.send(requestText('INVITE', ids), target.port('udp'))
  t.ok(await within(2000, () => target.heard().length === 1))
  thief.send(requestText('CANCEL', ids), target.port('udp'))
  t.equal(statusOf(await thief.answer(ids.callId)), 481)
  t.notOk(target.events.some(({ kind }) => kind === 'cancel'))
  caller.send(requestText('CANCEL', ids), target.port('udp'))
  t.ok(await within(2000, () => target.events.some(({ kind }) => kind === 'cancel')))
})

t.test('an ACK from elsewhere acknowledges nothing without the tags', async t => {
  const target = await openTarget(t, { listeners: ['udp'] })
  const caller = await udpPeer(t, '127.0.11.1')
  const thief = await udpPeer(t, '127.0.11.2')
  const ids = { callId: unique(), fromTag: unique(), via }
  caller.send(requestText('INVITE', ids), target.port('udp'))
  await caller.answer(ids.callId)
  thief.send(requestText('ACK', { ...ids, toTag: 'deadbeefdeadbeef' }), target.port('udp'))
  await passing(100)
  t.notOk(target.events.some(({ kind }) => kind === 'ack'))
})

t.test('our tags have 64 random bits', async t => {
  const target = await openTarget(t, { listeners: ['udp'] })
  const peer = await udpPeer(t)
  const tags = new Set<string>()
  for (let n = 0; n < 200; n += 1) {
    const callId = unique()
    peer.send(requestText('INVITE', { callId, via }), target.port('udp'))
    tags.add(/;tag=([0-9a-f]{16})$/.exec(headerOf(await peer.answer(callId), 'to'))?.[1] ?? '')
  }
  t.equal(tags.size, 200)
  t.notOk(tags.has(''))
  // Each bit is set about as often as not: 100 of 200, and 5 standard deviations are 35.
  for (let bit = 0n; bit < 64n; bit += 1n) {
    const set = [...tags].filter(tag => ((BigInt(`0x${tag}`) >> bit) & 1n) === 1n).length
    t.ok(set > 60 && set < 140, `bit ${bit} is set in ${set} of 200`)
  }
})
