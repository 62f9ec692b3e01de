import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { NgClient } from '../../../proxy/media/ng.ts'
import { RtpengineMedia } from '../../../proxy/media/rtpengine.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { fakeRtpengine } from '../../support/fake-rtpengine.ts'
import { caller, first, said } from '../../support/media-contract.ts'

/** N1: what answers an order to rtpengine, and what does not. */

interface Asked {
  readonly cookie: string
  readonly port: number
}

/** A node that answers nothing by itself, and a door that asks it. */
async function silentNode(t: Test) {
  const node = await bound(t)
  const url = `udp://127.0.0.1:${node.address().port}`
  const client = new NgClient({ url, timeoutMs: 600, clock: systemClock })
  await client.start()
  t.teardown(() => client.stop())
  const ask = async (): Promise<{ readonly answer: Promise<unknown>; readonly asked: Asked }> => {
    const heard = new Promise<Asked>(resolve => {
      node.once('message', (datagram, { port }) =>
        resolve({ cookie: datagram.toString().split(' ')[0] ?? '', port }),
      )
    })
    const answer = client.send({ command: 'ping' }).catch((cause: unknown) => cause)
    return { answer, asked: await heard }
  }
  return { node, ask }
}

async function bound(t: Test): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return socket
}

t.test('an answer under another cookie is nobody’s', async t => {
  const { node, ask } = await silentNode(t)
  const { answer, asked } = await ask()
  for (const cookie of ['', 'x', asked.cookie.slice(1), `${asked.cookie}0`, '__proto__', 'constructor']) {
    node.send(`${cookie} {"result":"pong"}`, asked.port, '127.0.0.1')
  }
  t.match(await answer, { code: 'E_MEDIA_TIMEOUT' })
})

t.test('an answer from another address is not heard, even under the right cookie', async t => {
  const { ask } = await silentNode(t)
  const stranger = await bound(t)
  const { answer, asked } = await ask()
  stranger.send(`${asked.cookie} {"result":"pong"}`, asked.port, '127.0.0.1')
  t.match(await answer, { code: 'E_MEDIA_TIMEOUT' })
})

t.test('cookies cannot be guessed from those before', async t => {
  const { node, ask } = await silentNode(t)
  const cookies = new Set<string>()
  for (let n = 0; n < 50; n += 1) {
    const { answer, asked } = await ask()
    t.match(asked.cookie, /^[0-9a-f]{16}$/)
    cookies.add(asked.cookie.slice(0, 8))
    node.send(`${asked.cookie} {"result":"pong"}`, asked.port, '127.0.0.1')
    t.match(await answer, { result: 'pong' })
  }
  t.equal(cookies.size, 50)
})

t.test('an answer that is no answer is a refusal, however deep or large', async t => {
  const { node, ask } = await silentNode(t)
  for (const text of [
    '['.repeat(60_000),
    `{"result":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    `{"result":"${'x'.repeat(60_000)}"}`,
    'd6:result4:ponge',
    'null',
    '',
  ]) {
    const { answer, asked } = await ask()
    node.send(`${asked.cookie} ${text}`, asked.port, '127.0.0.1')
    t.match(await answer, { code: 'E_MEDIA_REFUSED' })
  }
})

t.test('an answer cannot reach the prototype of anything', async t => {
  const { node, ask } = await silentNode(t)
  const { answer, asked } = await ask()
  node.send(
    `${asked.cookie} {"result":"pong","__proto__":{"polluted":1},"tags":{"__proto__":{"medias":[]}}}`,
    asked.port,
    '127.0.0.1',
  )
  t.match(await answer, { result: 'pong' })
  t.notOk('polluted' in Object(await answer))
  t.notOk('polluted' in {} || 'medias' in {})
})

t.test('after silence the next node is asked, within 2.5 s', async t => {
  const silent = await bound(t)
  const alive = await fakeRtpengine()
  t.teardown(() => alive.close())
  const clients = [`udp://127.0.0.1:${silent.address().port}`, alive.url].map(
    url => new NgClient({ url, timeoutMs: 1000, clock: systemClock }),
  )
  const media = new RtpengineMedia({ clients, clock: systemClock, log: silentLog })
  await media.start()
  t.teardown(() => media.stop())
  const began = performance.now()
  t.match(await media.invite(said('c1', caller, first)), /^v=0/)
  t.match(await media.invite(said('c2', caller, first)), /^v=0/)
  t.ok(performance.now() - began < 2500)
})
