import * as fc from 'fast-check'
import t from 'tap'
import type { Call } from '../../../../proxy/call/call.ts'
import { CallWorld } from './call-world.ts'
import { agentCall, clientCall, consultOut, dialOut, ringAgent, transit, withoutOffer } from './fixtures.ts'

const calls: readonly (readonly [name: string, call: Call])[] = [
  ['an agent', agentCall],
  ['a client', clientCall],
  ['a number that is dialled', dialOut],
  ['an agent that is rung', ringAgent],
  ['two trunks', transit],
  ['an agent with a number', consultOut],
  ['a caller without an offer', withoutOffer(clientCall)],
  ['a media server without an offer', withoutOffer(dialOut)],
]

for (const [name, call] of calls) {
  t.test(`whatever happens, the call of ${name} ends once and leaves nothing behind`, async t => {
    const moments = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(moments, chances => {
        const world = new CallWorld(call)
        for (const chance of chances) world.happen(chance)
        world.finish()
        const debts = world.debts()
        if (debts.length > 0) throw new Error(`${debts.join('; ')}\n${world.story.join('\n')}`)
      }),
      { numRuns: 1500, seed: 20_261_124 },
    )
    t.pass()
  })
}

t.test('the world sees a call through to the end when nothing goes wrong', async t => {
  const world = new CallWorld(agentCall)
  for (let turn = 0; turn < 4; turn++) world.happen(0)
  t.ok(world.story.length >= 4)
})
