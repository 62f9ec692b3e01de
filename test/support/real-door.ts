import type { Test } from 'tap'
import { loadCertificate } from '../../config/certificate.ts'
import { configSchema, deepFreeze } from '../../config/schema.ts'
import type { EngineEvent, ResponseParts } from '../../engine/api.ts'
import { createEngine } from '../../engine/engine.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { randomHex } from '../../engine/random.ts'
import { createTransports } from '../../engine/transport/transports.ts'
import { createDoor } from '../../proxy/main.ts'
import { createSignalling } from '../../proxy/signalling.ts'
import { systemClock } from '../../runtime/clock.ts'
import { startAll } from '../../runtime/lifecycle.ts'
import { silentLog } from '../../runtime/log.ts'
import { createCredentials } from '../../selector/credentials.ts'
import type { Route } from '../../selector/domain/route.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import { realmOf } from '../../selector/main.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import type { Store } from '../../selector/store/store.ts'

/** A far end on UDP that writes down every request, and answers as it is told. */
export interface FarEnd {
  readonly engine: ReturnType<typeof createEngine>
  readonly heard: SipRequest[]
  readonly events: EngineEvent[]
  readonly port: number
  /** How requests are answered from now on. */
  answer: (request: SipRequest) => ResponseParts | undefined
}

/** Opens one at `address`; on a free port when none is given. */
export async function farEnd(t: Test, address: string, port = 0): Promise<FarEnd> {
  const listeners = [{ name: 'far', transport: 'udp', host: address, port }] as const
  const engine = createEngine({
    transports: createTransports({ listeners, log: silentLog }),
    clock: systemClock,
    random: randomHex,
    log: silentLog,
  })
  const end: FarEnd = {
    engine,
    heard: [],
    events: [],
    get port() {
      return engine.listeners()[0]?.bound.port ?? 0
    },
    answer: ({ method }) => ({ status: method === 'INVITE' ? 488 : 200 }),
  }
  engine.onEvent(event => {
    end.events.push(event)
    if (event.kind !== 'request') return
    if (event.request.method !== 'OPTIONS') end.heard.push(event.request)
    const parts = event.request.method === 'OPTIONS' ? { status: 200 } : end.answer(event.request)
    if (parts) engine.respond(event.transaction, parts)
  })
  await engine.start()
  t.teardown(() => engine.stop())
  return end
}

/** A real door on real sockets, with one media server that is a double. */
export interface RealDoor {
  readonly store: Store
  readonly server: FarEnd
  readonly trunkPort: number
  readonly insidePort: number
  /** Calls a number from an address of the trunk; resolves to the final status. */
  dial(from: FarEnd, uri: string, headers?: readonly HeaderLine[]): Promise<number>
  /** Asks as the media server for a call to the outside; resolves to the final status. */
  dialOut(number: string, headers?: readonly HeaderLine[]): Promise<number>
}

const serverAddress = '127.0.1.9'
/** Where the carriers of these tests are. */
export const carrierAddress = '127.0.2.9'

/** Opens a door whose agent 1001 waits on the media server; it is gone when the test ends. */
export async function realDoor(
  t: Test,
  trunks: (ports: { readonly trunkPort: number }) => readonly Trunk[],
  routes: readonly Route[] = [],
): Promise<RealDoor> {
  const server = await farEnd(t, serverAddress)
  const port = { host: '127.0.0.1', port: 0 }
  const listen = {
    public: port,
    trunk: { ...port, transports: ['udp'] },
    inside: { ...port, transports: ['udp'] },
  }
  const settings = {
    listen,
    media: { mode: 'direct' },
    dataDir: t.testdir({}),
    agents: { domain: 'portico.test' },
  }
  const config = deepFreeze(configSchema.parse(settings))
  const [clock, log, certificate] = [systemClock, silentLog, await loadCertificate(config)]
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log })
  const credentials = createCredentials({ store, realm: realmOf(config), ttlSec: 60, clock })
  const options = { config, certificate, store, credentials, onPublicRequest, clock, log }
  const signalling = createSignalling(options)
  const door = createDoor(options, signalling)
  const storePart = { name: 'store', start: () => store.start(), stop: () => store.stop() }
  t.teardown(await startAll([storePart, door]))
  const portOf = (name: string): number =>
    signalling.transports.listeners().find(one => one.name === name)?.bound.port ?? 0
  const [trunkPort, insidePort] = [portOf('trunk'), portOf('inside')]
  const sip = { host: serverAddress, port: server.port, transport: 'udp' } as const
  const ami = { host: serverAddress, port: 5038, username: 'x', secret: 'x' }
  await store.servers.put({ id: 'ms-1', sip, ami, capacity: 10, zone: 'z', wanted: 'active' })
  for (const trunk of trunks({ trunkPort })) await store.trunks.put(trunk)
  for (const route of routes) await store.routes.put(route)
  await store.pins.put({ agent: '1001', server: 'ms-1', call: 'leg' })
  // The door reads what was written when it is told; that takes a turn or two.
  await new Promise(resolve => setTimeout(resolve, 50))
  return {
    store,
    server,
    trunkPort,
    insidePort,
    dial: (from, uri, headers = []) => finalStatus(from, uri, `sip:127.0.0.1:${trunkPort}`, headers),
    dialOut: (number, headers = []) =>
      finalStatus(server, `sip:${number}@127.0.0.1:${insidePort}`, `sip:127.0.0.1:${insidePort}`, [
        ['X-Portico-Agent', '1001'],
        ...headers,
      ]),
  }
}

/** Any SDP. */
export const offer = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.2.9',
  's=-',
  'c=IN IP4 127.0.2.9',
  't=0 0',
  'm=audio 9000 RTP/AVP 8',
  '',
].join('\r\n')

function onPublicRequest(): void {
  // Nobody asks this door for a page.
}

async function finalStatus(
  from: FarEnd,
  uri: string,
  nextHop: string,
  headers: readonly HeaderLine[],
): Promise<number> {
  const lines: readonly HeaderLine[] = [...headers, ['Content-Type', 'application/sdp']]
  const sent = from.engine.request({ method: 'INVITE', uri, nextHop, headers: lines, body: offer })
  if (!sent.ok) return 0
  for (let waited = 0; waited < 5_000; waited += 10) {
    const final = from.events.find(
      event =>
        event.kind === 'response' && event.transaction === sent.transaction && event.response.status >= 200,
    )
    if (final?.kind === 'response') {
      if (final.dialog !== undefined) from.engine.ack(final.dialog)
      return final.response.status
    }
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`no final answer to ${uri}`)
}
