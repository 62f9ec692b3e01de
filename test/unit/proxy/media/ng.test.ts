import { createSocket, type Socket } from 'node:dgram'
import t, { type Test } from 'tap'
import { NgClient } from '../../../../proxy/media/ng.ts'
import { systemClock } from '../../../../runtime/clock.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

type Answer = (command: { readonly command?: unknown }, cookie: string, reply: (text: string) => void) => void

/** Something that speaks ng on a port of its own. */
async function fakeRtpengine(t: Test, answer: Answer): Promise<string> {
  const socket: Socket = createSocket('udp4')
  socket.on('message', (datagram, peer) => {
    const text = datagram.toString()
    const cookie = text.slice(0, text.indexOf(' '))
    const command: unknown = JSON.parse(text.slice(cookie.length + 1))
    answer(Object(command), cookie, reply => socket.send(reply, peer.port, peer.address))
  })
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  t.teardown(() => socket.close())
  return `udp://127.0.0.1:${socket.address().port}`
}

async function client(t: Test, url: string, clock = systemClock, timeoutMs = 2000): Promise<NgClient> {
  const node = new NgClient({ url, timeoutMs, clock })
  await node.start()
  t.teardown(() => node.stop())
  return node
}

t.test('an answer finds its order by the cookie', async t => {
  const url = await fakeRtpengine(t, (command, cookie, reply) => {
    reply('wrong {"result":"ok"}')
    reply(`${cookie} ${JSON.stringify({ result: 'pong', sdp: String(command.command) })}`)
  })
  t.strictSame(await (await client(t, url)).send({ command: 'ping' }), { result: 'pong', sdp: 'ping' })
})

t.test('a refusal tells the reason', async t => {
  const url = await fakeRtpengine(t, (_, cookie, reply) =>
    reply(`${cookie} ${JSON.stringify({ result: 'error', 'error-reason': 'Unknown call-id' })}`),
  )
  await t.rejects((await client(t, url)).send({ command: 'answer' }), {
    code: 'E_MEDIA_REFUSED',
    message: /Unknown call-id/,
  })
})

t.test('an answer that is not of the protocol is a refusal', async t => {
  const url = await fakeRtpengine(t, (_, cookie, reply) => reply(`${cookie} d6:resulte`))
  await t.rejects((await client(t, url)).send({ command: 'ping' }), { code: 'E_MEDIA_REFUSED' })
})

t.test('an order is repeated twice, under the same cookie, and then given up', async t => {
  const cookies: string[] = []
  const clock = new ManualClock()
  let heard: (() => void) | undefined
  const url = await fakeRtpengine(t, (_, cookie) => {
    cookies.push(cookie)
    heard?.()
  })
  const node = await client(t, url, clock, 900)
  const next = (): Promise<void> => new Promise(resolve => (heard = resolve))
  let arrived = next()
  const sent = node.send({ command: 'ping' })
  for (let turn = 0; turn < 2; turn++) {
    await arrived
    arrived = next()
    clock.advance(300)
  }
  await arrived
  clock.advance(300)
  await t.rejects(sent, { code: 'E_MEDIA_TIMEOUT', message: /media\.rtpengine/ })
  t.equal(cookies.length, 3)
  t.equal(new Set(cookies).size, 1)
})
