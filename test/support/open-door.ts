import { generate } from 'selfsigned'
import type { Test } from 'tap'
import { SyntheticAgent } from '../../cli/synthetic/agent.ts'
import { configSchema, deepFreeze, type Config } from '../../config/schema.ts'
import type { Certificate } from '../../engine/transport/transport-options.ts'
import { startEngineProcess } from '../../engine/main.ts'
import { createDoor, type Door } from '../../proxy/main.ts'
import { createSignalling, sipListeners, type Signalling } from '../../proxy/signalling.ts'
import { systemClock, type Clock } from '../../runtime/clock.ts'
import { silentLog, type Log } from '../../runtime/log.ts'
import { createCredentials, ha1Of, type Credentials } from '../../selector/credentials.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import type { Store } from '../../selector/store/store.ts'
import { openCapture, sorted } from './capture.ts'
import { load, mediaServer } from './fleet.ts'
import { watch } from './leak-scanner.ts'

/** What a test may say about its door. */
export interface OpenDoorOptions {
  readonly engine?: 'embedded' | 'drachtio'
  /** Where its one media server is; it has to be played by the test. */
  readonly server?: MediaServer['sip']
  /** Sections of the settings. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Default: a memory store of its own. Stopped by whoever made it. */
  readonly store?: Store
  readonly clock?: Clock
  readonly log?: Log
}

/** A front door with real sockets on loopback, in the process of the test. Agents are 1001 and 1002. */
export interface OpenDoor {
  readonly door: Door
  readonly store: Store
  readonly credentials: Credentials
  readonly config: Config
  /** PEM of its certificate. */
  readonly ca: string
  /** `wss://…` of the agents' endpoint. */
  readonly wssUrl: string
  port(face: 'public' | 'trunk' | 'inside'): number
  /** An agent that has connected and registered with its password. */
  agent(id: string): Promise<SyntheticAgent>
}

export const domain = 'portico.test'
export const password = 'correct horse battery'
const secret = 'a-control-secret'

/** Opens a door; it is closed when the test ends. Carriers call from 127.0.2.0/24. */
export async function openDoor(t: Test, options: OpenDoorOptions = {}): Promise<OpenDoor> {
  const { engine = 'embedded', clock = systemClock, log = silentLog } = options
  const certificate = await developmentCertificate()
  const store = options.store ?? createMemoryStore({ policy, clock, log })
  if (options.store === undefined) await fill(store, options.server)
  const ends: { port: OpenDoor['port'] } = { port: nowhere }
  const capture = await openCapture(
    sorted(watch, {
      isInside: ({ host }) => host.startsWith('127.0.1.'),
      isDoor: ({ port }) => port === ends.port('public') || port === ends.port('trunk'),
    }),
  )
  t.teardown(() => capture.close())
  const settings = { ...free, capture: { hep: capture.url }, ...options.settings }
  const drachtio = engine === 'drachtio' ? await startDrachtio(t, settings) : undefined
  const config = configOf({ ...settings, ...(drachtio && { signalling: drachtio.signalling }) })
  const credentials = createCredentials({ store, realm: domain, ttlSec: 3600, clock })
  const parts = { config, certificate, store, credentials, clock, log }
  const signalling = createSignalling({ ...parts, onPublicRequest })
  const door = createDoor({ ...parts, onPublicRequest }, signalling)
  await door.start()
  t.teardown(() => door.stop())
  const port: OpenDoor['port'] = face => portOf(drachtio?.listeners ?? [], signalling, face)
  ends.port = port
  const wssUrl = `wss://localhost:${port('public')}/sip`
  return {
    door,
    store,
    credentials,
    config,
    ca: certificate.cert,
    wssUrl,
    port,
    async agent(id) {
      const account = { user: id, password }
      const origin = 'https://localhost'
      const agent = new SyntheticAgent({
        url: wssUrl,
        origin,
        ca: certificate.cert,
        agent: id,
        domain,
        account,
      })
      t.teardown(() => agent.stop())
      await agent.start()
      const status = await agent.register()
      if (status !== 200) throw new Error(`REGISTER of ${id} was answered ${status}`)
      return agent
    },
  }
}

function nowhere(): number {
  return 0
}

function onPublicRequest(_: unknown, response: { end(): unknown }): void {
  response.end()
}

const policy = { utilisation: 'expected', rho: 0.7 } as const
const loopback = { host: '127.0.0.1', port: 0 }
const free = {
  listen: {
    public: {
      ...loopback,
      advertise: { host: domain, port: 8443 },
      origins: ['*'],
      allowMissingOrigin: true,
    },
    trunk: loopback,
    inside: loopback,
  },
  agents: { domain },
  media: { mode: 'direct' },
}

function configOf(settings: Readonly<Record<string, unknown>>): Config {
  return deepFreeze(configSchema.parse(settings))
}

/** One media server, two agents, one trunk. */
async function fill(store: Store, sip: MediaServer['sip'] | undefined): Promise<void> {
  await store.start()
  await store.servers.put(mediaServer('ms-1', sip && { sip }))
  await store.ledger.putLoad('ms-1', load({ takenAt: Date.now() }))
  await store.ledger.putHealth('ms-1', 'up')
  for (const id of ['1001', '1002'])
    await store.agents.put({ id, name: `Agent ${id}`, ha1: ha1Of(id, domain, password) })
  await store.trunks.put({ id: 'acision', addresses: ['127.0.2.0/24'], enabled: true })
}

async function startDrachtio(t: Test, settings: Readonly<Record<string, unknown>>) {
  const server = await startEngineProcess({
    listeners: [
      ...sipListeners(configOf(settings)),
      { name: 'relay', transport: 'ws', host: '127.0.0.1', port: 0 },
    ],
    ws: { allowMissingOrigin: true },
    control: { host: '127.0.0.1', port: 0, secret },
    log: silentLog,
  })
  t.teardown(() => server.stop())
  return {
    listeners: server.listeners,
    signalling: { engine: 'drachtio', drachtio: { ...server.control, secret } },
  }
}

function portOf(engine: readonly Listening[], { transports }: Signalling, face: string): number {
  const all: readonly Listening[] = [...engine, ...transports.listeners()]
  const found = all.find(({ name, transport }) => name === face && /^(udp|wss)$/.test(transport))
  return found?.bound.port ?? 0
}

interface Listening {
  readonly name: string
  readonly transport: string
  readonly bound: { readonly port: number }
}

async function developmentCertificate(): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'Portico test' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  return { cert, key }
}
