// S14: nobody takes a call over by naming its dialog in an INVITE (RFC 3891), whether it has stolen the names or is a party to that call.
import t from 'tap'
import type { HeaderLine } from '../../../engine/message/message.ts'
import { carrierAddress, farEnd, offer, realDoor, type FarEnd } from '../../support/real-door.ts'
import { trunkOf } from '../../support/trunks.ts'

const thiefAddress = '127.0.2.10'
const number = 'sip:1001@127.0.0.1'

t.test('an INVITE that names the dialog of a call gets 481, and the call goes on', async t => {
  const door = await realDoor(t, () => [trunkOf({ addresses: [carrierAddress, thiefAddress] })])
  door.server.answer = ({ method }) =>
    method === 'INVITE'
      ? { status: 200, headers: [['Content-Type', 'application/sdp']], body: offer }
      : { status: 200 }
  const [carrier, thief] = [await farEnd(t, carrierAddress), await farEnd(t, thiefAddress)]
  t.equal(await door.dial(carrier, number), 200)
  const inside = door.server.heard.length
  const stolen: HeaderLine = ['Replaces', dialogOf(carrier)]
  t.equal(await door.dial(thief, number, [stolen]), 481, 'another carrier')
  t.equal(await door.dial(carrier, number, [stolen]), 481, 'the one whose call it is')
  t.equal(await door.dialOut('+4930123', [stolen]), 481, 'a media server')
  t.equal(await door.dial(thief, number, [['Replaces', 'nothing']]), 400)
  t.equal(await door.dial(thief, number, [stolen, stolen]), 400)
  t.equal(door.server.heard.length, inside, 'nothing of it came inside')
  t.strictSame(carrier.heard, [], 'and the call was not touched')
  t.equal(await door.dial(thief, number), 200, 'without it the same call gets in')
})

/** The call that is up at a far end, as a Replaces header names it. */
function dialogOf({ events }: FarEnd): string {
  for (const event of events) {
    if (event.kind !== 'response' || event.dialog === undefined) continue
    const [callId, fromTag] = event.dialog.split(';from-tag=')
    const toTag = event.response.headers.to()?.params.get('tag')
    return `${callId};to-tag=${toTag};from-tag=${fromTag}`
  }
  throw new Error('there is no call')
}
