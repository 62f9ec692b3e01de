import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { launchBrowser } from '../support/browser/launch.ts'
import { builtPages } from '../support/browser/pages.ts'
import { screenshot } from '../support/browser/screenshot.ts'
import { answerAsPeer, hear, hearPeer, levelOf } from '../support/browser/sound-probe.ts'
import { startDoorDouble, type DoorDouble } from '../support/door-double.ts'
import { inNamespace } from '../support/namespace.ts'
import { sine, writeWav } from '../support/tone.ts'

/** There is nothing but loopback here, which Chromium leaves out of a call unless it is told otherwise. */
const loopbackMedia = ['--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns']

/** The built page in a real browser, against a double of the door; a second page is the far end of the call. */
t.setTimeout(120_000)
if (await inNamespace(import.meta.url)) await suite()

type Answer = Awaited<ReturnType<Parameters<typeof startDoorDouble>[0]['onInvite']>>

async function suite(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-page-'))
  const audioFile = join(folder, 'tone.wav')
  const pages = await builtPages(join(folder, 'pages'))
  await writeWav(audioFile, sine(440))
  const offers: string[] = []
  let isBusy = true
  const onInvite = async (offer: string): Promise<Answer> => {
    if (isBusy) return [486, 'Busy Here']
    offers.push(offer)
    return answerAsPeer(peer, offer, 1004)
  }
  const door = await startDoorDouble({ pages, onInvite })
  const browser = await launchBrowser({ audioFile, certificate: door.certificate, args: loopbackMedia })
  const peer = await browser.open('about:blank')
  await peer.mouse.click(1, 1)
  const page = await browser.open(`${door.url}?processing=off`)

  await t.test('a wrong password is told, and the agent can try again', async t => {
    await signIn(page, 'wrong')
    await shows(page, 'Agent or password is wrong.')
    t.strictSame(door.requests, [])
    await screenshot(page, 'signed-out')
  })

  await t.test('signing in registers with the credentials of the session', async t => {
    await signIn(page, 'secret')
    await shows(page, 'Ready')
    await shows(page, 'Online')
    t.strictSame(door.requests, ['REGISTER', 'REGISTER'])
    await screenshot(page, 'ready')
  })

  await t.test('a refused call is told', async () => {
    await page.getByRole('button', { name: 'Start shift' }).click()
    await shows(page, 'The service refused the call (486 Busy Here).')
    await shows(page, 'Ready')
  })

  await t.test('a shift starts with sound in both directions', async t => {
    isBusy = false
    await page.getByRole('button', { name: 'Start shift' }).click()
    await shows(page, 'Waiting')
    await untilConnected(peer)
    const inPage = await hear(page, 1500)
    const atPeer = await hearPeer(peer, 1500)
    t.ok(levelOf(inPage, 1004) > 0.1, `the page hears the far end: ${levelOf(inPage, 1004)}`)
    t.ok(levelOf(inPage, 440) < 0.01, 'and not itself')
    t.ok(levelOf(atPeer, 440) > 0.1, `the far end hears the microphone: ${levelOf(atPeer, 440)}`)
    t.ok(levelOf(atPeer, 1004) < 0.01, 'and not itself')
    await screenshot(page, 'waiting')
  })

  await t.test('mute takes the microphone away and gives it back', async t => {
    const mute = page.getByRole('button', { name: 'Mute' })
    await mute.click()
    await shows(page, 'You are muted.')
    t.equal(await mute.getAttribute('aria-pressed'), 'true')
    t.ok(levelOf(await hearPeer(peer, 1500), 440) < 0.001)
    await screenshot(page, 'muted')
    await mute.click()
    t.equal(await mute.getAttribute('aria-pressed'), 'false')
    t.ok(levelOf(await hearPeer(peer, 1500), 440) > 0.1)
  })

  await t.test('a client who joins makes it a call, and one who leaves ends it', async () => {
    tellConference(door, 'ConfbridgeJoin')
    await shows(page, 'In call')
    await page.getByText('Keypad').click()
    await screenshot(page, 'in-call')
    tellConference(door, 'ConfbridgeLeave')
    await shows(page, 'Waiting')
  })

  await t.test('a number is dialled, and the agent sees how far it comes', async t => {
    await page.getByLabel('Number').fill('+49 30 123')
    await page.keyboard.press('Enter')
    await shows(page, 'Dialling +49 30 123')
    await until(() => door.calls.length === 1)
    const [, reference = ''] = /^POST \+49 30 123 (\S+)$/.exec(door.calls[0] ?? '') ?? []
    tellCall(door, { call: 'c9', reference, state: 'ringing' })
    await shows(page, '+49 30 123 is ringing.')
    await page.getByRole('button', { name: 'Hang up' }).click()
    await until(() => door.calls.length === 2)
    t.equal(door.calls[1], 'DELETE /api/session/calls/c9')
    tellCall(door, { call: 'c9', reference, state: 'failed', text: 'busy' })
    await shows(page, '+49 30 123 was not reached: busy.')
    await page.getByLabel('Number').fill('0900 1')
    await page.getByRole('button', { name: 'Dial' }).click()
    await shows(page, 'You may not dial this number.')
    await screenshot(page, 'dialled')
  })

  await t.test('a call outlives its connection and moves to the new one', async t => {
    const before = door.requests.length
    door.refuseConnections(true)
    door.cut()
    await shows(page, 'Reconnecting')
    await shows(page, 'Your audio goes on.')
    t.ok(levelOf(await hear(page, 1000), 1004) > 0.1, 'the sound goes on meanwhile')
    await screenshot(page, 'reconnecting')
    door.refuseConnections(false)
    await shows(page, 'Online')
    await until(() => door.requests.includes('ACK', before))
    t.strictSame(door.requests.slice(before), ['REGISTER', 'INVITE', 'ACK'])
    t.equal(
      usernameFragment(offers[1]),
      usernameFragment(offers[0]),
      'the path of the media works, and stays',
    )
    await untilConnected(peer)
    t.ok(levelOf(await hear(page, 1500), 1004) > 0.1, 'the page hears the far end')
    t.ok(levelOf(await hearPeer(peer, 1500), 440) > 0.1, 'the far end hears the microphone')
  })

  await t.test('an end by the service says why and offers the next shift', async t => {
    door.send('BYE', [['Reason', 'SIP;cause=503;text="Media server lost"']])
    await shows(page, 'The service ended the call: Media server lost.')
    t.ok(await page.getByRole('button', { name: 'Start shift' }).isEnabled())
    t.equal(await page.evaluate('document.querySelector("audio").srcObject'), null, 'nothing plays any more')
    await screenshot(page, 'ended')
  })

  await t.test('the keyboard alone is enough', async t => {
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    t.equal(await focused(page), 'Sign out')
    await page.keyboard.press('Enter')
    await shows(page, 'Sign in to take calls.')
    await until(() => door.requests.at(-1) === 'REGISTER')
    await page.reload()
    await page.waitForFunction('document.activeElement.id === "agent"')
    for (const text of ['1001', 'Tab', 'secret', 'Enter']) await typeOrPress(page, text)
    await shows(page, 'Ready')
    await page.keyboard.press('Tab')
    t.equal(await focused(page), 'Start shift')
  })

  await t.test('a screen of 320 pixels needs no sideways scrolling', async t => {
    await page.setViewportSize({ width: 320, height: 640 })
    t.ok(await page.evaluate('document.documentElement.scrollWidth <= 320'))
    await screenshot(page, 'narrow')
  })

  t.test('the browser complained of nothing but what was provoked', async t => {
    const provoked = /status of 40[13]|WebSocket connection to/
    t.strictSame(
      browser.complaints.filter(text => !provoked.test(text)),
      [],
    )
  })

  t.teardown(async () => {
    await browser.close()
    await door.close()
    await rm(folder, { recursive: true })
  })
}

/** RFC 8839 §5.4: a new one restarts ICE. */
function usernameFragment(sdp = ''): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1]
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('Agent').fill('1001')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function shows(page: Page, text: string): Promise<void> {
  await page.getByText(text, { exact: false }).first().waitFor({ timeout: 8000 })
}

async function untilConnected(peer: Page): Promise<void> {
  await peer.waitForFunction('soundProbe.state() === "connected"', undefined, { timeout: 8000 })
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 160) throw new Error('what the test waits for did not happen in 8 s')
    await new Promise(resolve => {
      setTimeout(resolve, 50)
    })
  }
}

async function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement.textContent')
}

async function typeOrPress(page: Page, text: string): Promise<void> {
  await (['Tab', 'Enter'].includes(text) ? page.keyboard.press(text) : page.keyboard.type(text))
}

function tellCall(door: DoorDouble, news: Readonly<Record<string, string>>): void {
  const body = JSON.stringify({ number: '4930123', ...news })
  door.send('MESSAGE', [['Content-Type', 'application/x-portico-dial+json']], body)
}

function tellConference(door: DoorDouble, type: string): void {
  const body = JSON.stringify({ type, channels: [{ id: 'client-1', admin: false }] })
  door.send('MESSAGE', [['Content-Type', 'application/x-asterisk-confbridge-event+json']], body)
}
