import { randomUUID } from 'node:crypto'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { parseUri } from '../../engine/message/uri.ts'
import type { Clock } from '../../runtime/clock.ts'
import { agentId } from '../../selector/domain/agent.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import { agentLine, groupLine, poolLines } from '../../selector/domain/queue.ts'
import type { CallerRule, RouteTarget } from '../../selector/domain/route.ts'
import { targetsOf, type RouteMatch, type RouteTable } from '../../selector/domain/route-table.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { Store, TakenAgent } from '../../selector/store/store.ts'
import type { OutsidePlace } from '../call/call.ts'
import type { Dialled, Placement, TrunkChoice } from '../ports.ts'
import { callerInside, callerOnward, statedCaller, type CallerId } from './caller-id.ts'
import { crossing } from './headers.ts'
import { dialled } from './number.ts'

/** A way for the call of a trunk: an agent that waits, and what its media server is told. */
export interface ClientWay {
  readonly kind: 'client'
  /** The id that the call will have. */
  readonly call: string
  readonly agent: string
  readonly dialled: Dialled
  readonly server: MediaServer
  readonly caller: CallerId
  /** What the trunk lets cross, and what else the server is told. */
  readonly headers: readonly HeaderLine[]
}

/** A way for the call of a trunk: on to another one. */
export interface TransitWay {
  readonly kind: 'transit'
  /** The id that the call will have. */
  readonly call: string
  readonly dialled: Dialled
  readonly onward: Dialled
  /** The peers of the other trunk, best first. */
  readonly places: readonly OutsidePlace[]
}

/** Why there is no way, or none left. */
export interface NoWay {
  readonly status: number
  readonly retryAfterSec?: number
}

/** Where the calls of trunks go: one way after the other, and a status when there is none left. */
export interface Inward {
  ways(request: SipRequest, trunk: Trunk): AsyncGenerator<ClientWay | TransitWay, NoWay>
  /** A way was not gone. */
  drop(way: ClientWay | TransitWay): void
  /** The status with which a request that is no INVITE is refused by a route; undefined: by none. */
  refusal(request: SipRequest, trunk: Trunk): number | undefined
}

export interface InwardOptions {
  readonly routes: () => RouteTable
  readonly store: Pick<Store, 'queues'> & {
    readonly servers: Pick<Store['servers'], 'get'>
    readonly ledger: Pick<Store['ledger'], 'candidates'>
  }
  readonly placement: Pick<Placement, 'whereIs'>
  /** Finds the ways on to other trunks. */
  readonly choice: TrunkChoice
  readonly clock: Clock
}

/** The media server refuses the leg when a client is with the agent already: the conference tells what the doors could not. */
const onlyAlone: HeaderLine = ['X-Portico-Alone', 'yes']
/** How long an agent is kept for a client that has not begun yet. */
const claimMs = 15_000
/** How many agents of one queue a client tries to reach. */
const mostAgents = 5

export function createInward(options: InwardOptions): Inward {
  const { store, clock } = options
  return {
    async *ways(request, trunk) {
      const match = matchOf(options, request, trunk)
      let last: NoWay = { status: match.kind === 'none' || !hasAgent(match) ? 404 : 480 }
      for (const target of targetsOf(match)) {
        if (target.kind === 'reject') return { status: target.status }
        last = (yield* waysTo(options, { request, trunk, match }, target)) ?? last
      }
      return last
    },
    drop(way) {
      if (way.kind === 'client') void store.queues.free(way.agent, way.call, clock.wall())
    },
    refusal(request, trunk) {
      const target = targetsOf(matchOf(options, request, trunk))[0]
      return target?.kind === 'reject' ? target.status : undefined
    },
  }
}

/** A call of a trunk, and the route that it goes by. */
interface Asked {
  readonly request: SipRequest
  readonly trunk: Trunk
  readonly match: RouteMatch
}

/** The ways to one target, and why there was none where that says more than that nobody is there. */
async function* waysTo(
  options: InwardOptions,
  { request, trunk, match }: Asked,
  target: RouteTarget,
): AsyncGenerator<ClientWay | TransitWay, NoWay | undefined> {
  if (target.kind === 'trunk') {
    const onward = onwardBy(options, request, trunk, match, target.trunk)
    if (onward.kind === 'refused') return onward
    yield onward
    return { status: 503 }
  }
  const token = parseUri(request.uri)?.params.get('portico-pin')
  let isFound = false
  for await (const { call, agent, server, alone } of agentsFor(options, target, match, token)) {
    isFound = true
    const caller = callerInside(request, trunk, ruleOf(match))
    const headers = [...crossing(request, trunk.headers?.in), ...(alone ? [onlyAlone] : [])]
    yield { kind: 'client', call, agent, dialled: dialledAs(match, trunk), server, caller, headers }
  }
  return !isFound && (await isBusy(options, target, match)) ? { status: 486 } : undefined
}

/** The way on by another trunk, under the same rules as every call that leaves; or why there is none now. */
function onwardBy(
  { choice }: InwardOptions,
  request: SipRequest,
  trunk: Trunk,
  match: RouteMatch,
  onward: string,
): TransitWay | (NoWay & { readonly kind: 'refused' }) {
  const { number, route } = dialledAs(match, trunk)
  const ways = choice.choose({
    request,
    number,
    trunk: onward,
    ...(route !== undefined && { route }),
    ...callerOnward(request, trunk, ruleOf(match)),
    letIn: trunk.headers?.in ?? [],
  })
  if (ways.kind === 'refused') return ways
  const dialledHere = { ...dialledAs(match, trunk), number: dialled(request.uri) ?? number }
  return {
    kind: 'transit',
    call: randomUUID(),
    dialled: dialledHere,
    onward: ways.dialled,
    places: ways.places,
  }
}

function matchOf({ routes, clock }: InwardOptions, request: SipRequest, trunk: Trunk): RouteMatch {
  const number = dialled(request.uri)
  if (number === undefined && request.method === 'INVITE') return { kind: 'none' }
  return routes().match({
    direction: 'in',
    method: request.method,
    trunk: trunk.id,
    number: number ?? '',
    caller: statedCaller(request, trunk).user,
    header: name => request.headers.get(name),
    at: clock.wall(),
  })
}

function dialledAs(match: RouteMatch, { id: trunk }: Trunk): Dialled {
  if (match.kind === 'matched') return { trunk, number: match.number, route: match.route.id }
  return { trunk, number: match.kind === 'default' ? match.number : '' }
}

function ruleOf(match: RouteMatch): CallerRule | undefined {
  return match.kind === 'matched' ? match.route.caller : undefined
}

/** Whether the match names somebody who could be there: a number that no agent can have is nobody's. */
function hasAgent(match: RouteMatch): boolean {
  return targetsOf(match).some(
    target => target.kind !== 'agent' || agentId.test(agentOf(target, match) ?? ''),
  )
}

function agentOf(target: Extract<RouteTarget, { kind: 'agent' }>, match: RouteMatch): string | undefined {
  return target.agent ?? (match.kind === 'none' ? undefined : match.number.toLowerCase())
}

/** Whether an agent is there that was wanted without another client, and could not be had so. */
async function isBusy(
  { placement }: InwardOptions,
  target: RouteTarget,
  match: RouteMatch,
): Promise<boolean> {
  if (target.kind !== 'agent' || !target.idle) return false
  const agent = agentOf(target, match) ?? ''
  return agentId.test(agent) && (await placement.whereIs(agent)) !== undefined
}

interface Found {
  readonly call: string
  readonly agent: string
  readonly server: MediaServer
  /** See `TakenAgent`. */
  readonly alone?: boolean
}

async function* agentsFor(
  options: InwardOptions,
  target: RouteTarget,
  match: RouteMatch,
  token: string | undefined,
): AsyncGenerator<Found> {
  switch (target.kind) {
    case 'agent': {
      const agent = agentOf(target, match) ?? ''
      if (target.idle) return yield* waiting(options, [agentLine(agent)])
      return yield* named(options, agent, token)
    }
    case 'queue':
      return yield* waiting(options, [groupLine(target.group)])
    case 'pool':
      return yield* waiting(options, poolLines(await options.store.ledger.candidates()))
    case 'trunk':
    case 'reject':
      return
  }
}

async function* named(
  { placement }: InwardOptions,
  agent: string,
  token: string | undefined,
): AsyncGenerator<Found> {
  const place = agentId.test(agent) ? await placement.whereIs(agent, token) : undefined
  if (place) yield { call: randomUUID(), agent, server: place.server }
}

/** The longest-waiting agents of the lines, each kept for this client alone until it goes on to the next. */
async function* waiting(options: InwardOptions, lines: readonly string[]): AsyncGenerator<Found> {
  const { queues } = options.store
  const passOver: string[] = []
  for (let tries = 0; tries < mostAgents; tries++) {
    const call = randomUUID()
    const order = { client: call, lines, passOver, at: options.clock.wall(), ttlMs: claimMs }
    const taken = await queues.take(order)
    if (!taken) return
    passOver.push(taken.agent)
    const server = await serverOf(options, taken)
    if (server) yield { call, agent: taken.agent, server, alone: taken.alone ?? false }
    else await queues.free(taken.agent, call, options.clock.wall())
  }
}

async function serverOf({ store }: InwardOptions, taken: TakenAgent): Promise<MediaServer | undefined> {
  return (await store.servers.get(taken.server))?.item
}
