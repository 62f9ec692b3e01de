import t from 'tap'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isUp } from '../../cli/synthetic/user-agent.ts'
import { sipp } from '../support/sipp.ts'
import { startWorld, until, type World, type WorldOptions } from '../support/world.ts'

const carrier = '127.0.0.2'
const door = { host: '127.0.0.1', port: 5060 }

/** How a carrier's calls to a number find the agents of a group, on real Asterisks. */
export function tellQueue(options: Pick<WorldOptions, 'store' | 'engine'>): void {
  t.test(
    `a dialled number leads to the agent that waits longest, with ${options.store} and ${options.engine}`,
    async t => {
      const world = await startWorld({ ...options, servers: 2 })
      await world.client.trunks.add({ id: 'acision', addresses: [carrier] })
      await world.client.routes.add({
        id: 'sales',
        when: { trunks: ['acision'], number: { pattern: String.raw`\+?4930(\d+)` } },
        to: [
          { kind: 'queue', group: 'sales' },
          { kind: 'reject', status: 486 },
        ],
      })
      // In this order, so that neither id nor server decides.
      for (const id of ['1003', '1001', '1002']) {
        const agent = await world.agent(id)
        await world.client.agents.change(id, { groups: ['sales'] })
        await agent.join()
      }

      await t.test('SIPp’s first call meets the first agent, its second the next', async t => {
        const running: ReturnType<typeof sipp>[] = []
        for (const [number, expected] of [
          ['4930100', ['agt-1003']],
          ['+4930101', ['agt-1001', 'agt-1003']],
        ] as const) {
          running.push(
            sipp({
              scenario: 'client-leg.xml',
              agents: [number],
              from: carrier,
              door: '127.0.0.1:5060',
              holdMs: 6000,
            }),
          )
          await until(`a client for ${number}`, async () => (await clients(world)).length === expected.length)
          t.strictSame(await clients(world), expected)
        }
        for (const { code, output } of await Promise.all(running)) t.equal(code, 0, output.slice(-2000))
        await until('no client', async () => (await clients(world)).length === 0)
      })

      await t.test(
        'then who has waited longest is the one that had no call, and with nobody left a caller hears 486',
        async t => {
          const phone = new SyntheticCarrier({ address: carrier, door })
          await phone.start()
          const calls = []
          for (const expected of ['agt-1002', 'agt-1003', 'agt-1001']) {
            const call = await phone.call('4930100')
            if (!isUp(call)) throw new Error(`refused with ${call.status}`)
            calls.push(call)
            await until(
              `a client in ${expected}`,
              async () => (await clients(world)).includes(expected),
              5_000,
            )
            t.equal((await clients(world)).length, calls.length)
          }
          t.match(await phone.call('4930100'), { status: 486 })
          t.match(await phone.call('4940100'), { status: 404 })
          for (const call of calls) await call.hangUp()
          await phone.stop()
        },
      )
      await world.stop()
    },
  )
}

/** The conferences with a client, sorted. */
async function clients(world: World): Promise<readonly string[]> {
  const found: string[] = []
  for (const { id } of world.lab.servers) {
    for (const { role, conference } of await world.lab.channels(id))
      if (role === 'client') found.push(conference)
  }
  return found.toSorted()
}
