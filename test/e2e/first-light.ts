import t, { type Test } from 'tap'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isUp, type UpCall } from '../../cli/synthetic/user-agent.ts'
import { sipp } from '../support/sipp.ts'
import { startWorld, until, type World, type WorldOptions } from '../support/world.ts'

const carrier = '127.0.0.2'

/**
 * The story that Portico exists for, told once for every store and every signalling engine: agents spread, a drained
 * server is passed by, clients find their agents, a server dies, and the counters are true all along.
 */
export function tellFirstLight(options: Pick<WorldOptions, 'store' | 'engine'>): void {
  t.test(`agents and clients find their place, with ${options.store} and ${options.engine}`, async t => {
    const world = await startWorld({ ...options, servers: 2 })
    t.teardown(() => {
      if (!t.passing()) for (const line of world.output) t.comment(line)
    })
    await world.client.trunks.add({ id: 'acision', addresses: [carrier] })
    const calls: UpCall[] = []

    await t.test('six agents over WSS land three and three', async t => {
      for (let n = 1; n <= 6; n++) calls.push(await (await world.agent(`100${n}`)).join())
      // Asterisk answers an agent a moment before it is in its conference.
      await until('six agents', async () => (await roles(world, 'agent')).length === 6)
      t.strictSame([await agentsOn(world, 'ms-1'), await agentsOn(world, 'ms-2')], [3, 3])
      await countersAreTrue(t, world)
    })

    await t.test('every SIPp client leg lands with its agent', async t => {
      const agents = ['1001', '1002', '1003', '1004', '1005', '1006']
      const running = sipp({
        scenario: 'client-leg.xml',
        agents,
        from: carrier,
        door: '127.0.0.1:5060',
        holdMs: 4000,
      })
      await until('six clients', async () => (await roles(world, 'client')).length === 6)
      t.strictSame(
        await roles(world, 'client'),
        await roles(world, 'agent'),
        'each beside its agent, on its server',
      )
      await countersAreTrue(t, world)
      const { code, output } = await running
      t.equal(code, 0, output.slice(-2000))
      await until('no client', async () => (await roles(world, 'client')).length === 0)
      await countersAreTrue(t, world)
    })

    await t.test('a drained server gets none of the next three', async t => {
      await world.client.servers.order('ms-1', 'drain')
      for (let n = 7; n <= 9; n++) calls.push(await (await world.agent(`100${n}`)).join())
      await until('nine agents', async () => (await roles(world, 'agent')).length === 9)
      t.strictSame([await agentsOn(world, 'ms-1'), await agentsOn(world, 'ms-2')], [3, 6])
      await countersAreTrue(t, world)
      await world.client.servers.order('ms-1', 'activate')
    })

    await t.test('a client of an agent who waits nowhere hears 480', async t => {
      await world.client.agents.add({ id: 'absent', password: world.password })
      const phone = new SyntheticCarrier({ address: carrier, door: { host: '127.0.0.1', port: 5060 } })
      await phone.start()
      const outcome = await phone.call('absent')
      t.match(outcome, { status: 480 })
      t.match(await phone.call('nobody!'), { status: 404 })
      await phone.stop()
    })

    await t.test('a stranger is refused', async t => {
      const phone = new SyntheticCarrier({ address: '127.0.0.77', door: { host: '127.0.0.1', port: 5060 } })
      await phone.start()
      t.match(await phone.call('1001'), { status: 403 })
      await phone.stop()
    })

    await t.test('who hangs up leaves, and the client of an agent who leaves is let go', async t => {
      const phone = new SyntheticCarrier({ address: carrier, door: { host: '127.0.0.1', port: 5060 } })
      await phone.start()
      const client = await phone.call('1009')
      if (!isUp(client)) throw new Error(`the client leg was refused: ${client.status}`)
      t.equal(await calls[8]?.hangUp(), 200)
      await client.ended
      await until('agent 1009 to be gone', async () => !(await conferences(world)).includes('agt-1009'))
      await countersAreTrue(t, world)
      await phone.stop()
    })

    await t.test('when a server is killed, the next agent lands on the other within 3 s', async t => {
      const stranded = new Set((await world.lab.channels('ms-1')).map(({ conference }) => conference))
      const theirs = calls.filter((_, n) => stranded.has(`agt-100${n + 1}`))
      t.equal(theirs.length, 3)
      let ended = 0
      for (const call of theirs) void call.ended.then(() => (ended += 1))
      await world.lab.run('kill', 'ms-1')
      const began = performance.now()
      const agent = await world.agent('2001')
      await agent.join()
      t.ok(performance.now() - began < 3000, `after ${Math.round(performance.now() - began)} ms`)
      const there = async (): Promise<ReadonlySet<string>> =>
        new Set((await world.lab.channels('ms-2')).map(({ conference }) => conference))
      await until('its conference', async () => (await there()).has('agt-2001'), 3000)
      await until(
        'the agents of the dead server to be on the other',
        async () => (await world.client.sessions()).every(({ server = '' }) => server === 'ms-2'),
        15_000,
      )
      await until('their conferences', async () => {
        const those = await there()
        return [...stranded].every(conference => those.has(conference))
      })
      t.equal(ended, 0, 'and no agent was told')
    })

    await t.test('a server that comes back is counted again, and gets the next agents', async t => {
      await world.lab.run('start', 'ms-1')
      await until(
        'ms-1 to be eligible',
        async () => (await world.client.look({})).server?.id === 'ms-1',
        15_000,
      )
      await (await world.agent('2002')).join()
      await until('that agent to be there', async () => (await agentsOn(world, 'ms-1')) === 1, 3000)
      await countersAreTrue(t, world)
    })

    await world.stop()
  })
}

async function agentsOn(world: World, server: string): Promise<number> {
  return (await world.lab.channels(server)).filter(({ role }) => role === 'agent').length
}

async function conferences(world: World): Promise<readonly string[]> {
  return (await roles(world, 'agent')).map(place => place.split(' ')[1] ?? '')
}

/** `<server> <conference>` of every leg of that role, sorted. */
async function roles(world: World, role: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const { id } of world.lab.servers) {
    for (const channel of await world.lab.channels(id))
      if (channel.role === role) found.push(`${id} ${channel.conference}`)
  }
  return found.toSorted()
}

/** What the store says of each server is what that Asterisk's own list of channels says. */
async function countersAreTrue(t: Test, world: World): Promise<void> {
  for (const { id } of world.lab.servers) {
    const channels = await world.lab.channels(id)
    const clients = channels.filter(({ role }) => role === 'client')
    const inCall = new Set(clients.map(({ conference }) => conference)).size
    const waiting = channels.filter(({ role }) => role === 'agent').length - inCall
    const truth = { waiting, inCall, clients: clients.length, channels: channels.length, reserved: 0 }
    let told: object = {}
    await until(
      `${id} to be counted right`,
      async () => {
        const { state } = await world.client.servers.get(id)
        const { waiting = -1, inCall = -1, clients = -1, channels = -1 } = state?.load ?? {}
        told = { waiting, inCall, clients, channels, reserved: state?.reserved }
        return JSON.stringify(told) === JSON.stringify(truth)
      },
      3000,
    ).catch(() => 0)
    t.strictSame(told, truth, `${id} is counted right`)
  }
}
