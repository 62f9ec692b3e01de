import { Headers } from '../../engine/message/headers.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { response } from '../../engine/message/build.ts'
import type { SecondSession } from '../../proxy/call/second-session.ts'
import { FrontDoor } from '../../proxy/front-door.ts'
import type {
  CallRecord,
  MediaStatistics,
  EdgeEvent,
  Origin,
  RequestOrder,
  ResponseOrder,
  SipEdge,
} from '../../proxy/ports.ts'
import { createAgents } from '../../proxy/registrar/agents.ts'
import { createRegistrar } from '../../proxy/registrar/registrar.ts'
import type { Servers } from '../../proxy/registrar/servers.ts'
import { createOutward } from '../../proxy/route/outward.ts'
import { addressList } from '../../proxy/route/address-list.ts'
import { createPresence } from '../../proxy/route/presence.ts'
import { createInward } from '../../proxy/trunk/inward.ts'
import { createReception } from '../../proxy/trunk/reception.ts'
import { createTrunks } from '../../proxy/trunk/trunks.ts'
import { silentLog } from '../../runtime/log.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Route } from '../../selector/domain/route.ts'
import { createDialling } from '../../proxy/dialling.ts'
import { followDials } from '../../proxy/call/dial-log.ts'
import { createDialDesk } from '../../selector/dial-desk.ts'
import type { DialPolicy } from '../../selector/domain/dial-policy.ts'
import { createRouteTable } from '../../selector/domain/route-table.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { Orders, Session } from '../../selector/store/store.ts'
import { MemoryDials } from '../../selector/store/memory/dials.ts'
import { MemoryQueues } from '../../selector/store/memory/queues.ts'
import { echoes, placementOf } from './door-doubles.ts'
import { watch } from './leak-scanner.ts'
import { ManualClock } from './manual-clock.ts'

/** An edge that writes down what it is told to do. */
export class RecordingEdge implements SipEdge {
  readonly responses: ResponseOrder[] = []
  readonly requests: RequestOrder[] = []
  readonly cancelled: string[] = []
  readonly acknowledged: string[] = []
  /** Transactions of agents and carriers: what is said in them and in their dialogs leaves. */
  readonly outside = new Set<string>()

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  respond(order: ResponseOrder): void {
    this.responses.push(order)
    if (this.outside.has(order.transaction)) watch.toOutside(JSON.stringify(order))
  }
  request(order: RequestOrder): void {
    this.requests.push(order)
    const inDialog = order.dialog !== undefined && this.outside.has(order.dialog.replace(/^dialog-/, ''))
    if (inDialog || order.side === 'trunk' || order.flow !== undefined)
      watch.toOutside(JSON.stringify({ ...order, transaction: '' }))
  }
  cancel(transaction: string): void {
    this.cancelled.push(transaction)
  }
  ack(dialog: string): void {
    this.acknowledged.push(dialog)
  }
  closeFlow(): void {}
}

/** A front door with doubles of everything around it. */
export interface DoorParts {
  readonly door: FrontDoor
  readonly edge: RecordingEdge
  readonly clock: ManualClock
  readonly records: CallRecord[]
  /** What the media anchor counted in those calls. */
  readonly measured: MediaStatistics[]
  /** Where agents wait; `settled` and `left` of the door change it. */
  readonly pins: Map<string, string>
  /** What it told the other doors of connections. */
  readonly told: string[]
  /** Hands an event to the door and lets everything that follows happen. */
  tell(event: EdgeEvent): Promise<void>
  /** Its calls, as the store shows them. */
  sessions(): readonly Session[]
  /** The statuses with which a transaction was answered. */
  statuses(transaction: string): readonly number[]
}

export const server: MediaServer = {
  id: 'ms-1',
  sip: { host: '127.0.1.1', port: 5060, transport: 'udp' },
  ami: { host: '127.0.1.1', port: 5038, username: 'portico', secret: 'x' },
  capacity: 10,
  zone: 'default',
  wanted: 'active',
}
const acision: Trunk = { id: 'acision', addresses: ['127.0.2.0/24'], enabled: true }

const ha1 = { md5: '', sha256: '' }

/** What differs from door to door. */
export interface DoorPartsOptions {
  readonly calls?: number
  readonly trunk?: Trunk
  /** More trunks than that one. */
  readonly others?: readonly Trunk[]
  readonly routes?: readonly Route[]
  /** Media goes through an anchor, so that calls can be moved. */
  readonly anchored?: boolean
  readonly secondSession?: SecondSession
  /** What the doors say to orders; default: what this one says. */
  readonly give?: Orders['give']
  /** Calls of other doors, as the store shows them. */
  readonly elsewhere?: () => readonly Session[]
  /** What agents may dial; default: any number, ten at once. */
  readonly policy?: Partial<DialPolicy>
  /** Takes the REGISTER of media servers. */
  readonly servers?: Servers
  /** Whether the media anchor answers; default: always. */
  readonly isAnchorThere?: () => boolean
}

for (const mark of [server.sip.host, server.id]) watch.mark(mark)

/** Agents are whoever their `X-Agent` header says, so that a test can be anybody. */
export function doorParts({
  calls = 100,
  trunk = acision,
  others = [],
  routes = [],
  anchored = false,
  secondSession = 'replace',
  give,
  elsewhere = () => [],
  policy = {},
  servers: registrar,
  isAnchorThere,
}: DoorPartsOptions = {}): DoorParts {
  const edge = new RecordingEdge()
  const clock = new ManualClock()
  const records: CallRecord[] = []
  const measured: MediaStatistics[] = []
  const pins = new Map<string, string>()
  const told: string[] = []
  /** By which call each agent is where it is. */
  const legs = new Map<string, string>()
  const all = [trunk, ...others]
  const bindings = { put: async () => undefined, of: async () => [], remove: async () => undefined }
  const table = createRouteTable(routes)
  const queues = new MemoryQueues()
  const dials = new MemoryDials(clock)
  const trunks = createTrunks({
    edge,
    trunks: () => all,
    routes: () => table,
    domain: 'portico.test',
    probeMs: 0,
    chance: () => 0,
    random: () => 'r',
    clock,
    log: silentLog,
  })
  const placement = placementOf(server, pins, legs)
  const servers = { get: async () => ({ item: server, version: 1 }) }
  const agents = {
    onChange: () => () => undefined,
    get: async (id: string) => ({ item: { id, name: id, ha1, groups: ['sales'] }, version: 1 }),
  }
  const presence = createPresence({ store: { queues, agents }, clock, log: silentLog })
  const ports = {
    edge,
    // A description is no more than a name in these tests.
    media: echoes(isAnchorThere),
    placement: presence.placement(placement),
    peers: trunks.peers,
    callLog: followDials(
      trunks.callLog(
        presence.callLog({
          began: () => undefined,
          changed: () => undefined,
          over: (record, counting) => {
            records.push(record)
            void counting?.then(media => media && measured.push(media))
          },
        }),
      ),
      { dials, orders: { give: async () => undefined }, clock, log: silentLog },
    ),
    clock,
    log: silentLog,
  }
  const desk = createDialDesk({
    store: {
      pins: {
        get: async agent => {
          const pinned = pins.get(agent)
          return pinned === undefined ? undefined : { agent, server: pinned, call: legs.get(agent) ?? 'c0' }
        },
      },
      servers,
      dials,
    },
    policy: { prefixes: [], calls: 10, callsPerHour: 100, groups: [], aliases: [], ...policy },
    ringMs: 60_000,
    keepMs: 600_000,
    clock,
  })
  const inward = createInward({
    routes: () => table,
    store: { queues, servers, ledger: { candidates: async () => [] } },
    placement,
    choice: trunks.choice,
    clock,
  })
  const door: FrontDoor = new FrontDoor({
    ports,
    store: {
      queues,
      sessions: { put: async () => undefined, remove: async () => undefined, list: async () => elsewhere() },
      orders: { give: give ?? (async order => await door.order(order)), take: () => () => undefined },
    },
    dialling: createDialling({ desk, store: { agents, dials }, clock }),
    choice: trunks.choice,
    directory: {
      credentials: async () => undefined,
      trunkAt: address => all.find(({ addresses }) => addressList(addresses)(address)),
      server: id => (id === server.id ? server : undefined),
      serverAt: address => (address === server.sip.host ? server : undefined),
    },
    agents: createAgents({
      edge,
      authenticator: {
        identify: async request => {
          const agent = request.headers.get('X-Agent')
          if (agent === undefined) return { kind: 'challenge', headers: [] }
          return { kind: 'known', user: agent, credentials: { agent, ha1: { md5: '', sha256: '' } } }
        },
        holds: async () => true,
      },
      registrar: createRegistrar({
        bindings,
        clock,
        door: 'd',
        domain: 'portico.test',
        minSec: 60,
        maxSec: 600,
        maxContacts: 5,
        chance: () => 0,
      }),
      domain: 'portico.test',
      log: silentLog,
    }),
    ...(registrar && { servers: registrar }),
    otherDoors: {
      agentHere: (agent, flow) => void told.push(`${agent} is at ${flow}`),
      reach: ({ flow }) => void told.push(`reach ${flow}`),
      claim: ({ flow }) => void told.push(`claim ${flow}`),
      isFar: flow => flow.startsWith('far-'),
    },
    prober: { start: () => undefined, stop: () => undefined, take: () => false },
    hangUpAt: async () => 0,
    secondSession,
    outward: createOutward({
      bindings,
      choice: trunks.choice,
      door: 'd',
      reach: ({ flow }) => void told.push(`reach ${flow}`),
      domain: 'portico.test',
    }),
    reception: createReception({
      inward,
      trust: async () => ({ kind: 'trusted' }),
      limits: trunks.limits,
      loops: trunks.loops,
      ports,
    }),
    domain: 'portico.test',
    limits: {
      calls,
      attempts: 3,
      tryMs: 2000,
      ringMs: 180_000,
      flowGraceMs: 30_000,
      holdMs: 30_000,
      anchored,
    },
  })
  return {
    door,
    edge,
    clock,
    records,
    measured,
    pins,
    told,
    async tell(event) {
      if (event.kind === 'request' && event.origin.address !== server.sip.host)
        edge.outside.add(event.transaction)
      door.receive(event)
      await settle()
    },
    sessions: () => [...door.calls.all()].map(session => ({ ...session.live(), door: 'd' })),
    statuses: transaction =>
      edge.responses.filter(order => order.transaction === transaction).map(({ status }) => status),
  }
}

/** Lets every promise that is already on its way come through. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve()
}

export const origins = {
  agent: { transport: 'wss', address: '127.0.9.1', port: 1000, flow: 'flow-1' },
  otherAgent: { transport: 'wss', address: '127.0.9.2', port: 1000, flow: 'flow-9' },
  agentAgain: { transport: 'wss', address: '127.0.9.1', port: 1001, flow: 'flow-2' },
  trunk: { transport: 'udp', address: '127.0.2.5', port: 5060 },
  server: { transport: 'udp', address: '127.0.1.1', port: 5060 },
  stranger: { transport: 'udp', address: '127.0.7.7', port: 5060 },
} as const satisfies Record<string, Origin>

export interface RequestFacts {
  readonly origin: Origin
  readonly transaction?: string
  readonly dialog?: string
  readonly uri?: string
  readonly headers?: readonly HeaderLine[]
  readonly sdp?: string
  /** A body whose type `headers` tell. */
  readonly body?: string
  readonly maxForwards?: number
}

/** A request as an edge tells it. */
export function requestEvent(method: string, facts: RequestFacts): EdgeEvent {
  const { origin, transaction = 't1', dialog, uri = 'sip:conference@portico.test', headers = [], sdp } = facts
  const type: readonly HeaderLine[] = sdp === undefined ? [] : [['Content-Type', 'application/sdp']]
  const request: SipRequest = {
    kind: 'request',
    method,
    uri,
    headers: new Headers([['Max-Forwards', String(facts.maxForwards ?? 70)], ...headers, ...type]),
    body: Buffer.from(sdp ?? facts.body ?? ''),
  }
  return {
    kind: 'request',
    transaction,
    dialogToBe: `dialog-${transaction}`,
    request,
    origin,
    ...(dialog !== undefined && { dialog }),
  }
}

/** A response of the far end as an edge tells it. */
export function responseEvent(transaction: string, status: number, dialog?: string, sdp?: string): EdgeEvent {
  const lines: readonly HeaderLine[] = sdp === undefined ? [] : [['Content-Type', 'application/sdp']]
  const answer = response(status, lines, sdp === undefined ? {} : { body: sdp })
  return {
    kind: 'response',
    transaction,
    response: answer,
    local: false,
    ...(dialog !== undefined && { dialog }),
  }
}
