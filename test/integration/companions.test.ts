import t from 'tap'
import type { HeaderLine } from '../../engine/message/message.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import { plainOffer } from '../../cli/synthetic/user-agent.ts'
import { watchJoins } from '../support/ami-legs.ts'
import { startLab } from '../support/lab.ts'
import { inNamespace } from '../support/namespace.ts'
import { SipPeer } from '../support/sip-peer.ts'
import { until } from '../support/world.ts'

/** What the dialplan makes of legs that say that they come together. */
async function suite(): Promise<void> {
  const lab = await startLab('companions', 1)
  const [server] = lab.servers
  if (!server) throw new Error('the lab has no server')
  // Stands where the door listens for media servers.
  const door = await SipPeer.udp(5070)
  const { joins, stop } = await watchJoins(server)
  t.teardown(async () => {
    stop()
    await door.stop()
    await lab.run('down')
  })
  const enter = async (leg: string, call: string, company?: number): Promise<string> => {
    door.send(inviteTo(server, leg, call, company))
    const { dialog = '' } = await door.answered(200)
    door.ack(dialog)
    return dialog
  }
  const leave = async (dialog: string, ...headers: readonly HeaderLine[]): Promise<void> => {
    door.send({ method: 'BYE', dialog, headers })
    await door.answered(200)
  }
  const legs = async (): Promise<readonly string[]> =>
    (await lab.channels(server.id)).map(({ role, call }) => `${role} ${call}`).toSorted()
  const areThere = (...expected: readonly string[]): Promise<number> =>
    until(`${expected.join(', ')} to be there`, async () => (await legs()).join(', ') === expected.join(', '))

  await t.test('an agent lets those in first that come with it, so that it begins without music', async t => {
    const agent = await enter('agt-anna', 'a-1', 2)
    const clients = [await enter('cli-anna', 'c-1', 2), await enter('cli-anna', 'c-2', 2)]
    await areThere('agent a-1', 'client c-1', 'client c-2')
    await until('all joins to be told', () => joins.length === 3)
    // Asterisk counts who is entering a moment before it tells of the join, so the last of them may be told after the agent.
    t.equal(joins[0], 'client:c-1')
    t.strictSame(joins.toSorted(), ['agent:a-1', 'client:c-1', 'client:c-2'])
    for (const dialog of clients) await leave(dialog)
    await areThere('agent a-1')
    await leave(agent)
    await areThere()
  })

  await t.test('an agent waits for those that come with it as long as a busy server takes', async t => {
    const before = joins.length
    const agent = await enter('agt-anna', 'a-8', 1)
    await new Promise(resolve => setTimeout(resolve, 700))
    const client = await enter('cli-anna', 'c-8', 1)
    await until('both joins to be told', () => joins.length === before + 2)
    t.equal(joins[before], 'client:c-8')
    for (const dialog of [client, agent]) await leave(dialog)
    await areThere()
  })

  await t.test(
    'a client that came with its agent is kept when that one is lost, until it is back',
    async () => {
      const agent = await enter('agt-anna', 'a-2', 1)
      const client = await enter('cli-anna', 'c-3', 1)
      await areThere('agent a-2', 'client c-3')
      await leave(agent, ['Reason', 'Q.850;cause=31'])
      await areThere()
      const back = await enter('agt-anna', 'a-3')
      await areThere('agent a-3', 'client c-3')
      for (const dialog of [client, back]) await leave(dialog)
      await areThere()
    },
  )

  await t.test('who comes just after its agent lets the music begin', async t => {
    const began = performance.now()
    const agent = await enter('agt-bob', 'a-5')
    const client = await enter('cli-bob', 'c-5')
    t.ok(performance.now() - began >= 99)
    await areThere('agent a-5', 'client c-5')
    for (const dialog of [client, agent]) await leave(dialog)
    await areThere()
  })

  await t.test('an agent whose company does not come is in its conference all the same', async () => {
    const agent = await enter('agt-anna', 'a-4', 1)
    await areThere('agent a-4')
    await leave(agent)
    await areThere()
  })

  await t.test(
    'a client that comes alone finds its agent, although that one is not in its conference yet',
    async () => {
      // The agent has been answered, and waits a second for company that does not come.
      const agent = await enter('agt-carl', 'a-7', 1)
      const client = await enter('cli-carl', 'c-4')
      await areThere('agent a-7', 'client c-4')
      for (const dialog of [client, agent]) await leave(dialog)
      await areThere()
    },
  )

  await t.test('a client that comes alone and does not find its agent is refused', async () => {
    door.send(inviteTo(server, 'cli-anna', 'c-6'))
    await door.answered(486)
  })
}

function inviteTo({ sip }: MediaServer, leg: string, call: string, company?: number) {
  return {
    method: 'INVITE',
    uri: `sip:${leg}@${sip.host}:${sip.port}`,
    headers: [
      ['From', '<sip:caller@portico.test>'],
      ['Contact', '<sip:door@127.0.0.1:5070>'],
      ['X-Portico-Call', call],
      ['X-Portico-Hold', '30'],
      ...(company === undefined ? [] : [['X-Portico-Company', String(company)] as const]),
      ['Content-Type', 'application/sdp'],
    ],
    body: plainOffer('127.0.0.1', 40_000),
  } as const
}

if (await inNamespace(import.meta.url)) await suite()
