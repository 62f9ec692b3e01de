import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { launchBrowser, type TestBrowser } from '../support/browser/launch.ts'
import { builtPages } from '../support/browser/pages.ts'
import { screenshot } from '../support/browser/screenshot.ts'
import { hear, levelOf } from '../support/browser/sound-probe.ts'
import { startLab } from '../support/lab.ts'
import { openTonePhone, rtpRate, type TonePhone } from '../support/rtp-tone.ts'
import { audioTarget, openSipClient, pcmaOfferWithEvents, type SipClient } from '../support/sip-client.ts'
import { openTcpRelay, type TcpRelay } from '../support/tcp-relay.ts'
import { meanLevel, readWav, sine, writeWav } from '../support/tone.ts'
import { startWorld, until, type World, type WorldOptions } from '../support/world.ts'

/** Chromium takes no part in a call on loopback alone; this is the address that the media anchor shows it. */
const mediaAddress = '10.98.0.1'
const clientMedia = '10.98.0.2'
const clientSip = '127.0.0.2'
/** The rtpengine beside the one of the call centre. */
const secondNode = { ngPort: 22_232, mediaPorts: [20_000, 20_999] } as const

/**
 * Sound through the whole: the page in a real browser (440 Hz) and a client's leg over RTP (1004 Hz) meet in the
 * conference of a real Asterisk, with the door and an rtpengine between.
 */
export async function tellSound(engine: WorldOptions['engine']): Promise<void> {
  const scene = await openScene(engine)
  const anchor = await beginsAndIsHeard(scene)
  // What the page and the media do among themselves no edge can change.
  if (engine === 'embedded') await mediaAlone(scene)
  await outlivesLosses(scene, anchor)
  await ends(scene)
}

interface Scene {
  readonly world: World
  readonly browser: TestBrowser
  readonly page: Page
  readonly phone: TonePhone
  readonly sip: SipClient
  /** Between the page and the door. */
  readonly wire: TcpRelay
  /** The process of the rtpengine that has no call with that port: of two, each has one of the two calls. */
  readonly otherRtpengine: (port: number) => number
}

async function openScene(engine: WorldOptions['engine']): Promise<Scene> {
  layCable()
  const folder = await mkdtemp(join(tmpdir(), 'portico-sound-'))
  const audioFile = join(folder, 'tone.wav')
  await writeWav(audioFile, sine(440))
  await builtPages()
  const second = await startLab(`second-${process.ppid}`, 0, { rtpengine: true, mediaAddress, ...secondNode })
  const wire = await openTcpRelay(8443)
  const origin = `https://localhost:${wire.port}`
  const media = { rtpengine: ['udp://127.0.0.1:22222', second.rtpengine], timeoutMs: 300 }
  const settings = { listen: { public: { origins: [origin] } }, media }
  const world = await startWorld({ servers: 2, store: 'memory:', engine, mediaAddress, settings })
  await world.client.agents.add({ id: '1001', name: 'Agent 1001', password: world.password })
  await world.client.trunks.add({ id: 'carrier', addresses: [clientSip] })
  const browser = await launchBrowser({ audioFile, certificate: world.ca })
  const page = await browser.open(`${origin}/?processing=off`)
  const phone = await openTonePhone(clientMedia)
  const sip = await openSipClient({ address: clientSip, door: { host: '127.0.0.1', port: 5060 } })
  t.teardown(async () => {
    if (!t.passing()) for (const line of world.output) t.comment(line)
    sip.close()
    phone.close()
    await browser.close()
    await wire.close()
    await world.stop()
    await rm(folder, { recursive: true })
  })
  const [lowest, highest] = secondNode.mediaPorts
  const otherRtpengine = (port: number): number =>
    port >= lowest && port <= highest ? world.lab.rtpenginePid : second.rtpenginePid
  return { world, browser, page, phone, sip, wire, otherRtpengine }
}

/** Resolves to the port of the anchor that the client sends to. */
async function beginsAndIsHeard({ world, page, phone, sip }: Scene): Promise<number> {
  let anchor = 0
  await t.test('the agent signs in and waits with music', async t => {
    await page.getByLabel('Agent').fill('1001')
    await page.getByLabel('Password').fill(world.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await shows(page, 'Ready')
    await page.getByRole('button', { name: 'Start shift' }).click()
    await shows(page, 'Waiting')
    t.ok(loudness((await hear(page, 2000)).samples) > 0.005, 'music is heard')
  })

  await t.test('agent and client hear each other, and nobody hears itself', async t => {
    const call = await sip.call('1001', pcmaOfferWithEvents(clientMedia, phone.port))
    const { host, port } = audioTarget(call.sdp)
    t.equal(host, mediaAddress, 'the client sends to the media anchor and to no media server')
    anchor = port
    phone.play(1004)
    phone.sendTo(host, port)
    await waitMs(1500)
    const inPage = await hear(page, 1500)
    const atClient = await heardBy(phone, 1500)
    t.ok(levelOf(inPage, 1004) > 0.05, `the agent hears the client: ${levelOf(inPage, 1004)}`)
    t.ok(levelOf(inPage, 440) < 0.005, `and not itself: ${levelOf(inPage, 440)}`)
    t.ok(atClient(440) > 0.05, `the client hears the agent: ${atClient(440)}`)
    t.ok(atClient(1004) < 0.005, `and not itself: ${atClient(1004)}`)
    await shows(page, 'In call')
    await screenshot(page, 'sound')
  })
  return anchor
}

async function mediaAlone({ world, page, phone }: Scene): Promise<void> {
  await t.test(
    'the Asterisk itself hears the agent on the agent’s leg, and plays the client to it',
    async t => {
      const [fromAgent, toAgent] = await recordedBy(world, 'agent')
      t.ok(fromAgent(440) > 0.05, `it hears the agent: ${fromAgent(440)}`)
      t.ok(fromAgent(1004) < 0.005, `and nothing else on that leg: ${fromAgent(1004)}`)
      t.ok(toAgent(1004) > 0.05, `it plays the client to the agent: ${toAgent(1004)}`)
      t.ok(toAgent(440) < 0.005, `and not the agent to itself: ${toAgent(440)}`)
    },
  )

  await t.test('mute takes the agent away from the client, and gives it back', async t => {
    await page.getByRole('button', { name: 'Mute' }).click()
    await waitMs(500)
    const muted = await heardBy(phone, 1500)
    t.ok(muted(440) < 0.002, `nothing is left of the agent: ${muted(440)}`)
    const [fromAgent] = await recordedBy(world, 'agent')
    t.ok(fromAgent(440) < 0.002, `the Asterisk hears nothing either: ${fromAgent(440)}`)
    t.ok(levelOf(await hear(page, 1500), 1004) > 0.05, 'the agent still hears the client')
    await page.getByRole('button', { name: 'Mute' }).click()
    await waitMs(500)
    const back = await heardBy(phone, 1500)
    t.ok(back(440) > 0.05, `the agent is back: ${back(440)}`)
  })

  await t.test('the keys that the agent presses reach the client as telephone events', async t => {
    phone.digits()
    await page.getByText('Keypad').click()
    for (const key of ['4', '2', 'Hash']) {
      await page.getByRole('button', { name: key, exact: true }).click()
      await waitMs(400)
    }
    let digits = ''
    await until('the client to get them', () => (digits += phone.digits()).length >= 3)
    t.equal(digits, '42#')
  })

  await t.test('a client who falls silent is no longer heard', async t => {
    phone.play(0)
    await waitMs(500)
    const quiet = await hear(page, 1500)
    t.ok(levelOf(quiet, 1004) < 0.002, `nothing is left of the client: ${levelOf(quiet, 1004)}`)
    phone.play(1004)
    await waitMs(500)
    t.ok(levelOf(await hear(page, 1500), 1004) > 0.05, 'and is heard again')
  })
}

async function outlivesLosses(scene: Scene, anchor: number): Promise<void> {
  const { world, page, phone, wire, otherRtpengine } = scene
  await t.test('a lost connection costs no sound, and the call moves to the new one', async t => {
    wire.refuse(true)
    wire.cut()
    await shows(page, 'Reconnecting')
    t.ok(levelOf(await hear(page, 1500), 1004) > 0.05, 'the agent hears the client meanwhile')
    wire.refuse(false)
    await shows(page, 'Online')
    await waitMs(2000)
    const inPage = await hear(page, 1500)
    const atClient = await heardBy(phone, 1500)
    t.ok(levelOf(inPage, 1004) > 0.05, `the agent hears the client: ${levelOf(inPage, 1004)}`)
    t.ok(atClient(440) > 0.05, `the client hears the agent: ${atClient(440)}`)
    t.ok(await page.getByRole('button', { name: 'End shift' }).isVisible(), 'the shift goes on')
  })

  await t.test('an agent whose network changes is heard again by itself', async t => {
    const lost = performance.now()
    blackhole(await page.evaluate<number[]>('soundProbe.localPorts()'))
    await waitMs(1000)
    t.ok((await heardBy(phone, 500))(440) < 0.02, 'nothing gets out any more')
    const back = await clientHears(t, scene, 20_000)
    t.comment(
      `heard again ${Math.round(performance.now() - lost)} ms after the loss, ${Math.round(back)} ms waited`,
    )
    t.ok(levelOf(await hear(page, 1500), 1004) > 0.05, 'and hears the client')
    t.ok(await page.getByRole('button', { name: 'End shift' }).isVisible(), 'the shift goes on')
  })

  await t.test('an agent whose rtpengine dies is heard again through another one', async t => {
    process.kill(otherRtpengine(anchor), 'SIGKILL')
    const lost = performance.now()
    await until('the call to be offered the other one', () =>
      world.output.some(line => line.includes('call.reanchored')),
    )
    await clientHears(t, scene, 10_000)
    t.comment(`heard again within ${Math.round(performance.now() - lost)} ms`)
    const inPage = await hear(page, 1500)
    t.ok(levelOf(inPage, 1004) > 0.05, `and hears the client: ${levelOf(inPage, 1004)}`)
    t.ok(await page.getByRole('button', { name: 'End shift' }).isVisible(), 'the shift goes on')
  })
}

/** Waits until the client hears the agent; when that is in vain, tells how the media stands on its way. Resolves to what `until` does. */
async function clientHears(t: Test, { world, page, phone }: Scene, withinMs: number): Promise<number> {
  try {
    return await until(
      'the client to hear the agent',
      async () => (await heardBy(phone, 500))(440) > 0.05,
      withinMs,
    )
  } catch (cause) {
    for (const line of await page.evaluate<string[]>('soundProbe.paths()')) t.comment(line)
    for (const { id } of world.lab.servers)
      for (const command of ['pjsip show channelstats', 'confbridge list agt-1001'])
        t.comment(await world.lab.run('exec', id, command))
    const [from] = await recordedBy(world, 'agent')
    t.comment(`the Asterisk hears the agent at ${from(440)}`)
    throw cause
  }
}

async function ends({ world, browser, page, phone }: Scene): Promise<void> {
  await t.test('the end of the shift ends the call of the client', async t => {
    const before = await world.client.sessions()
    t.ok(before.length > 0, 'there was a session')
    await page.getByRole('button', { name: 'End shift' }).click()
    await shows(page, 'Ready')
    await waitMs(2000)
    const after = await heardBy(phone, 700)
    t.equal(after(440), 0, 'no packet comes any more')
    t.strictSame(await world.client.sessions(), [])
  })

  t.test('the browser complained of nothing but the lost connection', async t => {
    t.strictSame(
      browser.complaints.filter(text => !/WebSocket connection to/.test(text)),
      [],
    )
  })
}

/** A veth pair: two addresses that are not loopback, in this namespace alone. */
function layCable(): void {
  for (const words of [
    'link add cable0 type veth peer name cable1',
    `addr add ${mediaAddress}/24 dev cable0`,
    `addr add ${clientMedia}/24 dev cable1`,
    'link set cable0 up',
    'link set cable1 up',
    `route add default via ${clientMedia} dev cable0`,
  ]) {
    execFileSync('ip', words.split(' '))
  }
}

/** What a browser sends from those ports, and what is sent to them, is lost from now on. */
function blackhole(ports: readonly number[]): void {
  if (ports.length === 0) throw new Error('the browser uses no port')
  const set = `{ ${ports.join(', ')} }`
  const rules = `table inet lost {
    chain from { type filter hook output priority 0; udp sport ${set} drop; }
    chain to { type filter hook input priority 0; udp dport ${set} drop; }
  }`
  execFileSync('nft', ['-f', '-'], { input: rules })
}

async function shows(page: Page, text: string): Promise<void> {
  await page.getByText(text, { exact: false }).first().waitFor({ timeout: 15_000 })
}

/** What the client's phone receives in the next `ms`, as levels of tones. */
async function heardBy(phone: TonePhone, ms: number): Promise<(hz: number) => number> {
  phone.heard()
  await waitMs(ms)
  const samples = phone.heard()
  return hz => meanLevel(samples, rtpRate, hz)
}

/** What a leg's own Asterisk receives on it and sends on it, recorded there, as levels of tones. */
async function recordedBy(world: World, role: string): Promise<readonly [Level, Level]> {
  for (const { id, dir } of world.lab.servers) {
    const leg = (await world.lab.channels(id)).find(channel => channel.role === role)
    if (leg === undefined) continue
    const name = `${role}-${Date.now()}`
    const file = `${dir}/rec/${name}`
    // A server's own folder is /lab to it.
    const options = `/lab/rec/${name}.wav,r(/lab/rec/${name}-rx.wav)t(/lab/rec/${name}-tx.wav)`
    await world.lab.run('exec', id, 'mixmonitor', 'start', leg.channel, options)
    await waitMs(2000)
    await world.lab.run('exec', id, 'mixmonitor', 'stop', leg.channel)
    await waitMs(200)
    return [await levelsIn(`${file}-rx.wav`), await levelsIn(`${file}-tx.wav`)]
  }
  throw new Error(`no Asterisk has a leg of the kind ${role}`)
}

type Level = (hz: number) => number

async function levelsIn(file: string): Promise<Level> {
  const { samples, rate } = await readWav(file)
  return hz => meanLevel(samples, rate, hz)
}

function loudness(samples: readonly number[]): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

/** Sound takes its time; nothing tells when enough of it has passed. */
async function waitMs(ms: number): Promise<void> {
  await new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}
