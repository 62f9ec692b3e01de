import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { Source } from '../../../../../engine/api.ts'
import type { Target, TransportEvent, Transports } from '../../../../../engine/transport/transport.ts'
import { createTransports } from '../../../../../engine/transport/transports.ts'
import { AgentRelay, type RelayLimits } from '../../../../../proxy/edge/drachtio/agent-relay.ts'
import { silentLog } from '../../../../../runtime/log.ts'
import { Mailbox } from '../../../../support/mailbox.ts'
import { certificate } from '../../../../support/transport-peers.ts'

interface Leg {
  readonly socket: WebSocket
  /** The port from which the relay connected. */
  readonly port: number
  /** Messages of the agent, in order. */
  readonly texts: string[]
}

/** A relay with a wss listener, before a server that records what each loopback connection brings. */
async function bench(t: Test, limits: Partial<RelayLimits> = {}) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const tls = await certificate()
  const transports = createTransports({
    listeners: [{ name: 'agents', transport: 'wss', host: '127.0.0.1', port: 0 }],
    tls,
    ws: { allowMissingOrigin: true },
    log: silentLog,
  })
  const relay = new AgentRelay(
    { transports, face: { host: 'door.example.com', port: 443 }, limits },
    silentLog,
  )
  const closed = new Mailbox<{ readonly kind: 'closed'; readonly flow: string }>()
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await relay.start({ host: '127.0.0.1', port }, flow => closed.put({ kind: 'closed', flow }))
  const url = `wss://127.0.0.1:${transports.listeners()[0]?.bound.port}/sip`
  t.teardown(async () => {
    for (const client of server.clients) client.terminate()
    server.close()
    await relay.stop()
  })
  return { server, relay, closed, agent: () => connected(t, url, tls.cert) }
}

/** A relay whose transports lead to the connection `far` as well, which is another door's. */
async function benchOfTwo(t: Test) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const far = new FarConnection()
  const face = { host: 'door.example.com', port: 443 }
  const relay = new AgentRelay({ transports: far, face }, silentLog)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await relay.start({ host: '127.0.0.1', port }, () => undefined)
  t.teardown(async () => {
    await relay.stop()
    server.close()
  })
  return { server, relay, far }
}

const listener = {
  name: 'public',
  transport: 'wss',
  bound: { host: '127.0.0.1', port: 8443 },
  advertised: { host: 'door.example.com', port: 443 },
} as const

/** What doors share, with one connection, `far`. */
class FarConnection extends Mailbox<{ readonly kind: 'sent'; readonly text: string }> implements Transports {
  isOpen = true
  #receive: (event: TransportEvent) => void = () => undefined

  async start(receive: (event: TransportEvent) => void): Promise<void> {
    this.#receive = receive
  }
  async stop(): Promise<void> {}
  listeners() {
    return [listener]
  }
  route(target: Target) {
    return this.isOpen && 'flow' in target && target.flow === 'far' ? listener : undefined
  }
  send(bytes: Buffer): void {
    this.put({ kind: 'sent', text: bytes.toString() })
  }
  closeFlow(): void {}
  comes(text: string): void {
    const source: Source = {
      transport: 'wss',
      address: '192.0.2.1',
      port: 4000,
      flow: 'far',
      listener: 'public',
    }
    this.#receive({ kind: 'message', bytes: Buffer.from(text), source })
  }
  closes(): void {
    this.#receive({ kind: 'flow-closed', flow: 'far' })
  }
}

async function connected(t: Test, url: string, ca: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'sip', { ca })
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

/** The next loopback connection, with the first message on it. */
async function nextLeg(server: WebSocketServer): Promise<Leg> {
  return await new Promise(resolve => {
    server.once('connection', (socket, request) => {
      const leg: Leg = { socket, port: request.socket.remotePort ?? 0, texts: [] }
      socket.on('message', (data: Buffer) => {
        leg.texts.push(data.toString())
        resolve(leg)
      })
    })
  })
}

function nextText(socket: WebSocket): Promise<string> {
  return new Promise(resolve => {
    socket.once('message', (data: Buffer) => resolve(data.toString()))
  })
}

function hopTo(relay: AgentRelay, flow: string): Promise<string | undefined> {
  return new Promise(resolve => relay.nextHop(flow, resolve))
}

const message = (number: number): string =>
  `MESSAGE sip:door SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK${number}\r\nContent-Length: 0\r\n\r\n`

t.test('each agent has a loopback connection of its own, by whose port it is known', async t => {
  const { server, relay, agent } = await bench(t)
  const flows: (string | undefined)[] = []
  for (const number of [1, 2]) {
    const [browser, coming] = [await agent(), nextLeg(server)]
    browser.send(message(number))
    const leg = await coming
    const origin = relay.originAt('ws', '127.0.0.1', leg.port)
    t.match(origin, { transport: 'wss', address: '127.0.0.1' })
    t.not(origin?.port, leg.port, 'the port is the browser’s')
    t.equal(await hopTo(relay, origin?.flow ?? ''), `sip:127.0.0.1:${leg.port};transport=ws`)
    t.equal(
      relay.originAt('ws', '127.0.0.2', leg.port),
      undefined,
      'only the address of the connection counts',
    )
    t.equal(relay.originAt('udp', '127.0.0.1', leg.port), undefined, 'and only its transport')
    flows.push(origin?.flow)
  }
  t.not(flows[0], flows[1])
})

t.test('what comes before the loopback connection is open is kept, in order', async t => {
  const { server, agent } = await bench(t)
  const [browser, coming] = [await agent(), nextLeg(server)]
  for (const number of [1, 2, 3]) browser.send(message(number))
  const { socket, texts } = await coming
  while (texts.length < 3) await once(socket, 'message')
  t.strictSame(texts, [message(1), message(2), message(3)])
})

t.test('an agent that sends too much before is closed', async t => {
  const { agent } = await bench(t, { waitingBytes: 10 })
  const browser = await agent()
  browser.send(message(1))
  await once(browser, 'close')
})

t.test('the end of the agent’s connection ends the loopback one and is told', async t => {
  const { server, relay, closed, agent } = await bench(t)
  const [browser, coming] = [await agent(), nextLeg(server)]
  browser.send(message(1))
  const leg = await coming
  const flow = relay.originAt('ws', '127.0.0.1', leg.port)?.flow ?? ''
  browser.close()
  await once(leg.socket, 'close')
  t.equal((await closed.next('closed')).flow, flow)
  t.equal(await hopTo(relay, flow), undefined)
  t.equal(relay.originAt('ws', '127.0.0.1', leg.port), undefined)
})

t.test('the end of the loopback connection ends the agent’s', async t => {
  const { server, closed, agent } = await bench(t)
  const [browser, coming] = [await agent(), nextLeg(server)]
  browser.send(message(1))
  const leg = await coming
  leg.socket.terminate()
  await once(browser, 'close')
  t.ok((await closed.next('closed')).flow)
})

t.test(
  'a connection that another door holds gets a loopback connection when it is first asked for',
  async t => {
    const { server, relay, far } = await benchOfTwo(t)
    t.equal(await hopTo(relay, 'nobody'), undefined)
    const coming = once(server, 'connection')
    const hop = await hopTo(relay, 'far')
    const [socket] = z.tuple([z.instanceof(WebSocket), z.unknown()]).parse(await coming)
    t.match(hop, /^sip:127\.0\.0\.1:\d+;transport=ws$/)
    t.equal(await hopTo(relay, 'far'), hop, 'and keeps it')
    socket.send('OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/WS 127.0.0.1:8088;branch=z9hG4bKs\r\n\r\n')
    t.match((await far.next('sent')).text, 'Via: SIP/2.0/WSS door.example.com:443;branch=z9hG4bKs\r\n')
    const port = Number(/:(\d+);/.exec(hop ?? '')?.[1])
    far.comes(message(1))
    await once(socket, 'message')
    t.match(relay.originAt('ws', '127.0.0.1', port), {
      transport: 'wss',
      address: '192.0.2.1',
      port: 4000,
      flow: 'far',
    })
    far.closes()
    await once(socket, 'close')
    far.isOpen = false
    t.equal(await hopTo(relay, 'far'), undefined)
  },
)

t.test('the browser sees the public endpoint instead of the loopback one', async t => {
  const { server, agent } = await bench(t)
  const [browser, coming] = [await agent(), nextLeg(server)]
  browser.send(message(1))
  const leg = await coming
  leg.socket.send('OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/WS 127.0.0.1:8088;branch=z9hG4bKs\r\n\r\n')
  t.match(await nextText(browser), 'Via: SIP/2.0/WSS door.example.com:443;branch=z9hG4bKs\r\n')
  browser.send(
    'SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS door.example.com:443;branch=z9hG4bKs\r\nCSeq: 1 OPTIONS\r\n\r\n',
  )
  t.match(await nextText(leg.socket), 'Via: SIP/2.0/WS 127.0.0.1:8088;branch=z9hG4bKs\r\n')
})
