import t, { type Test } from 'tap'
import { inNamespace } from '../support/namespace.ts'
import { realDoor } from '../support/real-door.ts'
import { route } from '../support/routes.ts'
import { sipp, sippAnswer } from '../support/sipp.ts'
import { trunkOf, trunkPeer } from '../support/trunks.ts'

const [caller, gone, busy, pstn] = ['127.0.2.9', '127.0.4.8', '127.0.4.9', '127.0.4.10']

/** SIPp is the carrier that calls and the one that is called; between them is a real door. */
if (await inNamespace(import.meta.url)) await suite()

async function suite(): Promise<void> {
  await t.test('a carrier’s call goes on to another carrier under a rewritten number', async t => {
    const door = await between(t, [pstn])
    const { called, calls } = await callThrough(door, ['pstn-answers.xml', pstn, 300], 'client-leg.xml', 500)
    t.equal(called.code, 0, called.output.slice(-2000))
    t.equal(calls.code, 0, calls.output.slice(-2000))
    const [record] = await door.store.records.last(5)
    t.match(record, {
      kind: 'transit',
      trunk: 'acision',
      number: '030123',
      onward: { trunk: 'pstn', number: '+4930123' },
      verdict: 'caller-hung-up',
      status: 200,
    })
  })

  await t.test(
    'it goes to the next peer when the first one is gone, and ends when that one hangs up',
    async t => {
      const door = await between(t, [gone, pstn])
      const { called, calls } = await callThrough(
        door,
        ['pstn-hangs-up.xml', pstn, 300],
        'client-hears-bye.xml',
        0,
      )
      t.equal(called.code, 0, called.output.slice(-2000))
      t.equal(calls.code, 0, calls.output.slice(-2000))
      t.match(await door.store.records.last(5), [{ kind: 'transit', verdict: 'callee-hung-up' }])
    },
  )

  await t.test(
    'a carrier that puts the other on hold before it answers is heard, and its call goes on',
    async t => {
      const door = await between(t, [pstn])
      const { called, calls } = await callThrough(
        door,
        ['pstn-updates.xml', pstn, 200],
        'client-updated.xml',
        200,
      )
      t.equal(called.code, 0, called.output.slice(-2000))
      t.equal(calls.code, 0, calls.output.slice(-2000))
      t.match(await door.store.records.last(5), [{ kind: 'transit', verdict: 'caller-hung-up', status: 200 }])
    },
  )

  await t.test('a carrier that is busy is told to the one that calls', async t => {
    const door = await between(t, [busy])
    const { called, calls } = await callThrough(door, ['pstn-busy.xml', busy], 'client-leg.xml', 0)
    t.equal(called.code, 0, called.output.slice(-2000))
    t.not(calls.code, 0)
    t.match(await door.store.records.last(5), [{ kind: 'transit', verdict: 'refused', status: 486 }])
  })
}

/** One call of the one carrier to the other, by the door: what became of it on both sides. */
async function callThrough(
  door: { readonly address: string },
  answering: Parameters<typeof sippAnswer>,
  scenario: string,
  holdMs: number,
) {
  const far = await sippAnswer(...answering)
  const calls = await sipp({ scenario, agents: ['030123'], from: caller, door: door.address, holdMs })
  return { calls, called: await far.ended }
}

/** A door between the calling carrier and a trunk with these peers. */
async function between(t: Test, peers: readonly string[]) {
  const trunks = [
    trunkOf({ addresses: [caller], peers: [] }),
    trunkOf({
      id: 'pstn',
      addresses: peers,
      peers: peers.map((host, priority) => trunkPeer(host, { priority })),
    }),
  ]
  const routes = [
    route('onward', 1, {
      when: { number: { pattern: String.raw`0(\d+)` } },
      rewrite: { as: '+49$1' },
      to: [{ kind: 'trunk', trunk: 'pstn' }],
    }),
  ]
  const door = await realDoor(t, () => trunks, routes)
  return { store: door.store, address: `127.0.0.1:${door.trunkPort}` }
}
