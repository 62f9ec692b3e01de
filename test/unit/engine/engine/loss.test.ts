import t from 'tap'
import type { EngineEvent } from '../../../../engine/api.ts'
import { enginePair, sdp, type Side } from '../../../support/engine-pair.ts'

/** A chance that is the same in every run. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) / 2 ** 24
  }
}

/** Rings and answers every INVITE, acknowledges every 2xx, agrees to everything else. */
function serve({ engine }: Side, onAnswered: (dialog: string) => void, log: EngineEvent[]): void {
  engine.onEvent(event => {
    log.push(event)
    if (event.kind === 'request') {
      if (event.request.method === 'INVITE') engine.respond(event.transaction, { status: 180 })
      engine.respond(event.transaction, { status: 200, ...sdp })
    } else if (event.kind === 'response' && event.dialog !== undefined && event.response.status === 200) {
      engine.ack(event.dialog)
      onAnswered(event.dialog)
    }
  })
}

for (const [share, atLeast] of [
  [0, 1],
  [0.1, 0.99],
  [0.2, 0.97],
] as const) {
  t.test(
    `with ${share * 100} % loss at least ${atLeast * 100} % of the calls succeed and nothing is left`,
    async t => {
      const { a, b, network, clock, rest } = await enginePair()
      const random = chance(7)
      network.drop = () => random() < share
      const answered: string[] = []
      const fromA: EngineEvent[] = []
      const fromB: EngineEvent[] = []
      serve(a, dialog => answered.push(dialog), fromA)
      serve(b, () => undefined, fromB)
      const calls = 200
      for (let n = 0; n < calls; n++) {
        a.engine.request({ method: 'INVITE', uri: `sip:u${n}@10.0.0.2`, ...sdp })
        clock.advance(50)
      }
      clock.advance(40_000)
      t.ok(answered.length >= calls * atLeast, `${answered.length} answered`)
      t.equal(new Set(answered).size, answered.length, 'no call is answered twice')
      const invites = fromB.filter(event => event.kind === 'request' && event.request.method === 'INVITE')
      t.ok(invites.length <= calls, 'no INVITE makes two calls')
      for (const dialog of answered) a.engine.request({ method: 'BYE', dialog })
      clock.advance(40_000)
      const finals = fromA.filter(event => event.kind === 'response' && event.response.status >= 200)
      t.equal(finals.length, calls + answered.length, 'every request has exactly one final response')
      rest(t)
    },
  )
}
