import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isUp } from '../../cli/synthetic/user-agent.ts'
import { isThere } from '../../scripts/bench/media/holes.ts'
import { openNgRelay } from '../../scripts/bench/media/ng-relay.ts'
import { bringUpOne, received, type Pair } from '../../scripts/bench/media/pairs.ts'
import { startLab } from '../support/lab.ts'
import { freeze } from '../support/freeze.ts'
import { audioTarget } from '../support/sip-client.ts'
import { startWorld, until, type World, type WorldOptions } from '../support/world.ts'

/** An agent and its client talk through a real Asterisk, anchored at one of two real rtpengines, which hang or are killed. */
export async function tellMediaLoss(engine: WorldOptions['engine']): Promise<void> {
  const ports = { ngPort: 22_232, mediaPorts: [45_000, 45_999] } as const
  const second = await startLab(`second-${process.ppid}`, 0, { rtpengine: true, ...ports })
  const rtpengine = [await openNgRelay(22_300, 22_222), await openNgRelay(22_301, ports.ngPort)]
  const [low, high] = ports.mediaPorts
  const isAtSecond = (sdp: string): boolean => audioTarget(sdp).port >= low && audioTarget(sdp).port <= high
  const settings = { media: { rtpengine, timeoutMs: 600 } }
  const world = await startWorld({ servers: 1, store: 'memory:', engine, settings })
  await world.client.trunks.add({ id: 'carrier', addresses: ['127.0.0.2'] })
  const carrier = new SyntheticCarrier({ address: '127.0.0.2', door: { host: '127.0.0.1', port: 5060 } })
  await carrier.start()
  await t.test('calls that would begin at an rtpengine that hangs begin at the other one', async t => {
    await freeze(world.lab.rtpenginePid)
    const legs = []
    // Each rtpengine would get one of two.
    for (const id of ['early', 'second']) legs.push(await (await world.agent(id)).join())
    for (const { sdp } of legs) t.ok(isAtSecond(sdp), 'media is at the second one')
    for (const leg of legs) t.equal(await leg.hangUp(), 200)
    process.kill(world.lab.rtpenginePid, 'SIGCONT')
    await until('the one that hung to be back', () =>
      world.output.some(line => said('media.node-back')(line) && said(rtpengine[0] ?? '')(line)),
    )
  })

  const pair = await bringUpOne(world, carrier, 'one')
  const asked = () => [pair.phone, carrier].map(({ userAgent }) => userAgent.heard.filter(isInvite))
  t.teardown(async () => {
    if (!t.passing()) for (const line of world.output) t.comment(line)
    for (const { phone } of pair.ends) phone.close()
    await pair.phone.stop()
    await carrier.stop()
    await world.stop()
  })

  let survivor = second.rtpenginePid
  await t.test('the call of a dead rtpengine goes on through the other one', async t => {
    await hearEachOther(pair)
    const sdps = [pair.leg.sdp, pair.client.sdp]
    // Most often each has one of the two, but one that was slow for a moment has none.
    const isFirst = !sdps.every(isAtSecond)
    const hit = sdps.filter(sdp => isAtSecond(sdp) !== isFirst).length
    process.kill(isFirst ? world.lab.rtpenginePid : second.rtpenginePid, 'SIGKILL')
    survivor = isFirst ? second.rtpenginePid : world.lab.rtpenginePid
    await until('who was there to be offered another anchor', () => asked().flat().length === hit)
    const told = sdps.map(originOf)
    for (const [end, [invite]] of asked().entries()) {
      if (invite === undefined) continue
      const offered = invite.body.toString()
      const { host, port } = audioTarget(offered)
      pair.ends[end]?.phone.sendTo(host, port)
      const { version = 0, ...origin } = told[end] ?? {}
      t.strictSame(originOf(offered), { ...origin, version: version + 1 }, 'the next version of the session')
    }
    await hearEachOther(pair)
    t.equal(asked().flat().length, hit, 'nobody else was asked anything')
    t.equal((await world.client.sessions()).length, 2)
    t.equal((await world.lab.channels('ms-1')).length, 2)
    t.ok(world.output.some(said('call.reanchored')))
  })

  await t.test('and ends as any other', async t => {
    t.equal(await pair.client.hangUp(), 200)
    t.equal(await pair.leg.hangUp(), 200)
    await until('no channel', async () => (await channels(world)) === 0)
    t.strictSame(await world.client.sessions(), [])
  })

  await t.test('while no rtpengine answers a call is refused at once and leaves nothing behind', async t => {
    await freeze(survivor)
    const agent = await world.agent('late')
    t.match(await agent.tryToJoin(), { status: 503 })
    t.equal(await channels(world), 0)
    t.strictSame(await world.client.sessions(), [])
    t.equal((await world.client.servers.get('ms-1')).state?.reserved, 0)
    process.kill(survivor, 'SIGCONT')
    await until('calls to be taken again', async () => isUp(await agent.tryToJoin()))
  })
}

/** Who says a description, and which of its versions it is (RFC 8866 §5.2). */
function originOf(sdp: string): { readonly says: string; readonly version: number } | undefined {
  const [, session, version, address] = /^(o=\S+ \d+) (\d+) (.*)$/m.exec(sdp) ?? []
  return version === undefined ? undefined : { says: `${session} ${address}`, version: Number(version) }
}

function said(event: string): (line: string) => boolean {
  return line => line.includes(event)
}

function isInvite({ method }: { readonly method: string }): boolean {
  return method === 'INVITE'
}

async function channels({ lab }: World): Promise<number> {
  return (await lab.channels('ms-1')).length
}

async function hearEachOther(pair: Pair): Promise<void> {
  await until('agent and client to hear each other', async () => {
    received([pair])
    await pause(500)
    const since = performance.now() - 400
    return [...received([pair])].every(([end, arrivals]) => isThere(arrivals, end.hears, since))
  })
}
