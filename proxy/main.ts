import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Certificate } from '../config/certificate.ts'
import type { Config } from '../config/schema.ts'
import { randomHex } from '../engine/random.ts'
import type { Metrics } from '../engine/observe/metrics.ts'
import type { Trace } from '../engine/observe/trace.ts'
import type { Transports } from '../engine/transport/transport.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Part } from '../runtime/lifecycle.ts'
import { startAll } from '../runtime/lifecycle.ts'
import type { Log } from '../runtime/log.ts'
import { createLoginThrottle } from '../runtime/login-throttle.ts'
import type { Credentials } from '../selector/credentials.ts'
import { createDialDesk } from '../selector/dial-desk.ts'
import { dialDeskOptions, pinTokensOf, realmOf } from '../selector/main.ts'
import type { MediaServer } from '../selector/domain/media-server.ts'
import type { ServerNews, Store } from '../selector/store/store.ts'
import { createCallLog } from './call/call-log.ts'
import type { Calls } from './call/calls.ts'
import { followDials } from './call/dial-log.ts'
import { createEvacuation, type Evacuation } from './call/evacuation.ts'
import { Reanchoring } from './call/reanchoring.ts'
import type { SharedFlows } from './edge/shared-flows.ts'
import { joinDoors } from './door-talk.ts'
import { createDialling } from './dialling.ts'
import { FrontDoor } from './front-door.ts'
import { directMedia } from './media/direct.ts'
import { NgClient } from './media/ng.ts'
import { RtpengineMedia, type MediaAnchor } from './media/rtpengine.ts'
import type { CallLog, Directory, LiveCall, Outward, Placement, SipEdge } from './ports.ts'
import { createAgents, type Agents } from './registrar/agents.ts'
import { createAuthenticator } from './registrar/authenticate.ts'
import { createNonces } from './registrar/nonces.ts'
import { createRegistrar } from './registrar/registrar.ts'
import type { ServerClaims } from './registrar/servers.ts'
import { createDirectory, type StoreDirectory } from './route/directory.ts'
import { createOutward } from './route/outward.ts'
import { createPlacement } from './route/placement.ts'
import { createPresence, type Presence } from './route/presence.ts'
import { createRules, type Rules } from './route/rules.ts'
import { createServerWatch, type ServerWatch } from './server-watch.ts'
import { createServersSide, servedAddresses } from './servers-side.ts'
import { createSignalling, type Signalling } from './signalling.ts'
import { createInward } from './trunk/inward.ts'
import { createReception, type Reception, type ReceptionOptions } from './trunk/reception.ts'
import { createTrunks, type Trunks } from './trunk/trunks.ts'
import { createTrust } from './trunk/trust.ts'

export interface DoorOptions {
  readonly config: Config
  readonly certificate: Certificate
  /** Started before the door and stopped after it, by whoever made it. */
  readonly store: Store
  readonly credentials: Credentials
  /** Takes the claims of media servers that register themselves; absent: none may. */
  readonly registration?: ServerClaims
  /** Gets every HTTP request on the public port that is no WebSocket. */
  readonly onPublicRequest: (request: IncomingMessage, response: ServerResponse) => void
  /** Hangs up every leg of a call on a media server; absent: a server that hung keeps what the door's BYE did not end. */
  readonly hangUpAt?: (server: MediaServer, call: string) => Promise<number>
  readonly clock: Clock
  readonly log: Log
}

/** A door as part of a process. */
export interface Door extends Part {
  readonly calls: Calls
  /** What a collector of this process has noticed; every door acts on it. */
  tell(news: ServerNews): void
  /** How often it ejected servers. */
  readonly health: Pick<ServerWatch['health'], 'ejections'>
  /** What its engine and its sockets count. */
  readonly metrics?: Metrics
  /** The last calls as they were on the wire. */
  readonly trace?: Trace
  /** Shows a new certificate to agents who connect from now on. Throws `E_LISTEN` when it cannot be used; the old one stays. */
  setCertificate(certificate: Certificate): void
  /** Where agents reach it, once started. */
  publicUrl(): string
}

const nonceTtlMs = 60_000
const rememberedNonces = 20_000
const ringMs = 180_000

/** Composes a door. `start` rejects with what its parts reject with, and then nothing is left open. */
export function createDoor(options: DoorOptions, given?: Signalling): Door {
  const { config, clock, log } = options
  const signalling = given ?? createSignalling({ ...options, isServed: address => isServed(address) })
  const { transports } = signalling
  const media = createMedia(config, clock, log)
  const composed = compose(options, signalling, media)
  const { edge, directory, rules, presence, watch, frontDoor } = composed
  const evacuation = evacuationOf(options, composed)
  const isServed = servedAddresses(config, directory)
  const parts: readonly Part[] = [
    { name: 'directory', start: () => directory.start(), stop: () => directory.stop() },
    rules,
    presence,
    { name: 'media', start: () => media.start(), stop: () => media.stop() },
    {
      name: 'signalling',
      start: () => edge.start(event => frontDoor.receive(event)),
      stop: () => edge.stop(),
    },
    {
      name: 'calls',
      async start() {
        watch.prober.start()
        evacuation.start()
        talk = joinDoors({ ...options, ...composed, doors: options.store.doors, shared: signalling.shared })
        endOrders = options.store.orders.take(order => frontDoor.order(order))
      },
      async stop() {
        evacuation.stop()
        watch.prober.stop()
        talk?.leave()
        endOrders?.()
        frontDoor.hangUpAll()
        // The BYEs leave before the sockets are closed.
        await nextTurn()
      },
    },
  ]
  let endOrders: (() => void) | undefined
  let talk: ReturnType<typeof joinDoors> | undefined
  let stopAll: (() => Promise<void>) | undefined
  return {
    name: 'door',
    calls: frontDoor.calls,
    tell(news) {
      watch.heard(news)
      talk?.say({ kind: 'server', ...news })
    },
    health: watch.health,
    ...(signalling.metrics && { metrics: signalling.metrics }),
    ...(signalling.trace && { trace: signalling.trace }),
    setCertificate: certificate => signalling.setCertificate?.(certificate),
    async start() {
      stopAll = await startAll(parts, (part, cause) => log.warn('door.stop-failed', { part, cause }))
    },
    stop: async () => stopAll?.(),
    publicUrl: () => publicUrlOf(config, transports),
  }
}

/** Where agents reach a door that is open. */
function publicUrlOf({ listen }: Config, transports: Transports): string {
  const { host, port } = listen.public
  const listening = transports.listeners().find(({ name }) => name === 'public')
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `https://${shown}:${listening?.bound.port ?? port}/`
}

interface Composed {
  /** Its name among the doors. */
  readonly door: string
  readonly edge: SipEdge
  readonly directory: StoreDirectory
  readonly rules: Rules
  readonly presence: Presence
  readonly watch: ServerWatch
  readonly frontDoor: FrontDoor
}

function compose(
  options: DoorOptions,
  { edge: bare, trace, shared }: Signalling,
  media: MediaAnchor,
): Composed {
  const { config, store, credentials, clock, log } = options
  const door = `${hostname()}-${randomBytes(4).toString('hex')}`
  const directory = createDirectory({ store, credentials: user => credentials.ha1For(user), log })
  const rules = createRules({ store, log })
  const trunks = createTrunksSide(options, bare, directory, rules)
  const { edge, peers } = trunks
  const watch = createServerWatch({ ...options, edge, directory, peers, frontDoor: () => frontDoor })
  const { health, prober } = watch
  const readPin = pinTokensOf(config, clock)?.read
  const placement = createPlacement({
    store,
    health,
    door,
    ...(readPin && { readPin }),
    clock,
    log,
    reservationTtlMs: config.reservations.ttlMs,
    holdMs: config.agents.holdMs,
    chance: fraction,
  })
  const presence = createPresence({ store, clock, log })
  const callLog = createRecords(options, door, trace)
  const ports = createPorts(options, { presence, media, trunks, placement, callLog })
  const frontDoor = new FrontDoor({
    ports,
    store,
    dialling: createDialling({ desk: createDialDesk(dialDeskOptions(config, store, clock)), store, clock }),
    choice: trunks.choice,
    directory,
    agents: createAgentsSide(options, edge, directory, door),
    ...(options.registration && { servers: createServersSide(options, options.registration, edge) }),
    otherDoors: shared,
    prober,
    hangUpAt: options.hangUpAt ?? (async () => 0),
    outward: createOutwardSide(options, trunks, shared, door),
    reception: createReceptionSide(options, ports, trunks, rules),
    domain: config.agents.domain,
    secondSession: config.agents.secondSession,
    limits: {
      calls: config.limits.calls,
      ringMs,
      flowGraceMs: config.agents.flowGraceMs,
      holdMs: config.agents.holdMs,
      anchored: media.anchors,
      ...config.failover,
    },
  })
  const { reanchorPerSecond: perSecond } = config.media
  const reanchoring = new Reanchoring({ calls: () => frontDoor.calls.all(), perSecond, clock, log })
  media.onLost(names => reanchoring.lost(names))
  return { door, edge, directory, rules, presence, watch, frontDoor }
}

function evacuationOf({ store, clock, log }: DoorOptions, { directory, frontDoor }: Composed): Evacuation {
  return createEvacuation({
    servers: () => directory.servers(),
    calls: () => frontDoor.calls.all(),
    sessions: store.sessions,
    mover: frontDoor.mover,
    clock,
    log,
  })
}

/** A number in [0, 1). */
function fraction(): number {
  return Number.parseInt(randomHex(4), 16) / 2 ** 32
}

function createOutwardSide(
  { config, store }: DoorOptions,
  { choice }: Trunks,
  shared: SharedFlows,
  door: string,
): Outward {
  return createOutward({
    bindings: store.bindings,
    choice,
    door,
    reach: far => shared.reach(far),
    domain: config.agents.domain,
  })
}

function createAgentsSide(options: DoorOptions, edge: SipEdge, directory: Directory, door: string): Agents {
  const { config, store, clock, log } = options
  const { domain, digest, registerMinSec, registerMaxSec } = config.agents
  const { contactsPerAgent, loginsPerMinutePerAddress, loginGuesses } = config.limits
  return createAgents({
    edge,
    authenticator: createAuthenticator({
      realm: realmOf(config),
      algorithms: digest,
      nonces: createNonces({ ttlMs: nonceTtlMs, remembered: rememberedNonces, clock }),
      throttle: createLoginThrottle({ perAddress: loginsPerMinutePerAddress, free: loginGuesses, clock }),
      directory,
    }),
    registrar: createRegistrar({
      bindings: store.bindings,
      clock,
      door,
      domain,
      minSec: registerMinSec,
      maxSec: registerMaxSec,
      maxContacts: contactsPerAgent,
      chance: fraction,
    }),
    domain,
    log,
  })
}

function createTrunksSide(
  options: DoorOptions,
  edge: SipEdge,
  directory: StoreDirectory,
  rules: Rules,
): Trunks {
  const { config, clock, log } = options
  return createTrunks({
    edge,
    trunks: () => directory.trunks(),
    routes: () => rules.table(),
    domain: config.agents.domain,
    probeMs: config.trunks.probeMs,
    chance: fraction,
    random: () => randomHex(16),
    clock,
    log,
  })
}

/** What calls are carried out with; queues and trunks hear of them. */
function createPorts(
  { clock, log }: DoorOptions,
  {
    media,
    trunks,
    presence,
    placement,
    callLog,
  }: {
    media: MediaAnchor
    trunks: Trunks
    presence: Presence
    placement: Placement
    callLog: CallLog
  },
): ReceptionOptions['ports'] {
  return {
    edge: trunks.edge,
    media,
    placement: presence.placement(placement),
    peers: trunks.peers,
    callLog: trunks.callLog(presence.callLog(callLog)),
    clock,
    log,
  }
}

function createReceptionSide(
  { config, store, clock }: DoorOptions,
  ports: ReceptionOptions['ports'],
  { limits, loops, choice }: Trunks,
  rules: Rules,
): Reception {
  const { loginsPerMinutePerAddress, loginGuesses } = config.limits
  const trust = createTrust({
    realm: realmOf(config),
    algorithms: config.agents.digest,
    nonces: createNonces({ ttlMs: nonceTtlMs, remembered: rememberedNonces, clock }),
    throttle: createLoginThrottle({ perAddress: loginsPerMinutePerAddress, free: loginGuesses, clock }),
  })
  const inward = createInward({
    routes: () => rules.table(),
    store,
    placement: ports.placement,
    choice,
    clock,
  })
  return createReception({ inward, trust, limits, loops, ports })
}

function createRecords(
  { config, store: { sessions, records, dials, orders }, clock, log }: DoorOptions,
  door: string,
  trace: Trace | undefined,
): CallLog {
  const { file } = config.cdr
  const onBegan = ({ leg, id }: LiveCall): void => trace?.link(leg, id)
  const callLog = createCallLog({
    sessions,
    records,
    door,
    ...(file !== undefined && { cdrFile: file }),
    log,
    onBegan,
  })
  return followDials(callLog, { dials, orders, clock, log })
}

function createMedia(config: Config, clock: Clock, log: Log): MediaAnchor {
  const { mode, rtpengine, timeoutMs, codec } = config.media
  if (mode === 'rtpengine') {
    const clients = rtpengine.map(url => new NgClient({ url, timeoutMs, clock }))
    return new RtpengineMedia({ clients, policy: codec, clock, log })
  }
  log.warn('media.direct', {
    meaning: 'media is not anchored: SDP passes unchanged and shows the media servers to all',
  })
  return directMedia
}
