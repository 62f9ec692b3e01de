import { z } from 'zod'
import { messageOf, PorticoError, type ErrorCode } from '../runtime/errors.ts'
import {
  agentOutput,
  conferenceOutput,
  listOf,
  problemOutput,
  serverOutput,
  sessionOutput,
  traceOutput,
  type AgentInput,
  type AgentOutput,
  type AgentPatch,
  type ConferenceOutput,
  type ServerInput,
  type ServerOutput,
  type ServerPatch,
  type SessionOutput,
  type TraceOutput,
} from './contract.ts'
import {
  decisionOutput,
  selectionOutput,
  type DecisionOutput,
  type SelectionInput,
  type SelectionOutput,
} from './contract/selection.ts'
import { callsOutput, nailUpOutput, type CallsOutput, type NailUpOutput } from './contract/calls.ts'
import { recordOutput, type RecordOutput, type RecordsQuery } from './contract/records.ts'
import { callOutput, dialOutput, type CallOutput, type DialInput, type DialOutput } from './contract/dial.ts'
import {
  routeOutput,
  routeVerdict,
  type RouteInput,
  type RouteOutput,
  type RoutePatch,
  type RouteTestInput,
  type RouteVerdict,
} from './contract/routes.ts'
import { trunkOutput, type TrunkInput, type TrunkOutput, type TrunkPatch } from './contract/trunks.ts'

/** Where the admin API is and how to get in. */
export interface ClientOptions {
  /** E.g. `http://127.0.0.1:9080`. */
  readonly url: string
  readonly token: string
  readonly timeoutMs?: number
  /** Injected so that a test can pass an app and open no socket. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** Objects of one kind. */
export interface RemoteCollection<Input, Patch, Output> {
  list(): Promise<readonly Output[]>
  get(id: string): Promise<Output>
  add(input: Input): Promise<Output>
  /** Over `version`, or over whatever is there. */
  change(id: string, patch: Patch, version?: number): Promise<Output>
  remove(id: string): Promise<void>
}

/** What an operator orders of a media server. */
export type ServerOrder = 'drain' | 'activate' | 'disable'

/**
 * The admin API as functions. All reject with `E_NOT_FOUND`, `E_CONFLICT` or `E_API` and a text that names the next
 * step; an answer that is not of the contract is an `E_API` too.
 */
export interface Client {
  readonly servers: RemoteCollection<ServerInput, ServerPatch, ServerOutput> & {
    /** `move`: idle agents of a server that drains go to other servers. */
    order(id: string, order: ServerOrder, move?: boolean): Promise<ServerOutput>
  }
  readonly agents: RemoteCollection<AgentInput, AgentPatch, AgentOutput> & {
    /** Dials a number into the conference of an agent; the same reference is the same call. */
    dial(agent: string, input: DialInput): Promise<DialOutput>
    /** Calls an agent into its conference; one that is there stays. Takes as long as the agent's phone rings. */
    nailUp(agent: string): Promise<NailUpOutput>
    /** Lets an agent go. */
    release(agent: string): Promise<CallsOutput>
  }
  readonly trunks: RemoteCollection<TrunkInput, TrunkPatch, TrunkOutput>
  readonly routes: RemoteCollection<RouteInput, RoutePatch, RouteOutput> & {
    /** Puts a route before another one, or last. */
    move(id: string, before: string | null): Promise<RouteOutput>
    /** Where a call would go, and why. */
    test(call: RouteTestInput): Promise<RouteVerdict>
  }
  sessions(): Promise<readonly SessionOutput[]>
  /** What a call said on the wire, by its id or the Call-ID of one of its legs. */
  trace(call: string): Promise<TraceOutput>
  readonly calls: {
    get(id: string): Promise<CallOutput>
    hangUp(id: string): Promise<CallsOutput>
    /** Moves the agent of a call with its clients; without `server` to the best other one. */
    move(of: { readonly call: string } | { readonly agent: string }, server?: string): Promise<CallsOutput>
  }
  /** Calls that are over, the newest first. */
  readonly records: {
    list(query?: RecordsQuery): Promise<readonly RecordOutput[]>
    get(call: string): Promise<RecordOutput>
  }
  /** Who is in a conference, asked of the media server itself. */
  conference(server: string, conference: string): Promise<ConferenceOutput>
  /** Which media server would be chosen now. */
  look(query: { readonly agent?: string; readonly exclude?: readonly string[] }): Promise<SelectionOutput>
  /** What led to the choices that were made for a call. */
  decisions(call: string): Promise<readonly DecisionOutput[]>
  /** Chooses one and keeps a place on it. */
  reserve(input: SelectionInput): Promise<SelectionOutput>
}

/** A client of the admin API. */
export function createClient(options: ClientOptions): Client {
  const send = sender(options)
  return {
    servers: {
      ...collection(send, 'servers', serverOutput),
      order: (id, order, move = false) => {
        const path = `servers/${encodeURIComponent(id)}/${order}${move ? '?move=true' : ''}`
        return send('POST', path, { output: serverOutput })
      },
    },
    agents: {
      ...collection(send, 'agents', agentOutput),
      dial: (agent, body) =>
        send('POST', `agents/${encodeURIComponent(agent)}/calls`, { body, output: dialOutput }),
      nailUp: agent =>
        send('POST', `agents/${encodeURIComponent(agent)}/nailup`, {
          output: nailUpOutput,
          waitMs: nailUpMs,
        }),
      release: agent => send('DELETE', `agents/${encodeURIComponent(agent)}/nailup`, { output: callsOutput }),
    },
    trunks: collection(send, 'trunks', trunkOutput),
    routes: {
      ...collection(send, 'routes', routeOutput),
      move: (id, before) =>
        send('POST', `routes/${encodeURIComponent(id)}/move`, { body: { before }, output: routeOutput }),
      test: body => send('POST', 'routes/test', { body, output: routeVerdict }),
    },
    sessions: async () => (await send('GET', 'sessions', { output: listOf(sessionOutput) })).items,
    trace: call => send('GET', `traces/${encodeURIComponent(call)}`, { output: traceOutput }),
    calls: calls(send),
    records: records(send),
    conference: (server, conference) => {
      const path = `servers/${encodeURIComponent(server)}/conferences/${encodeURIComponent(conference)}`
      return send('GET', path, { output: conferenceOutput })
    },
    look: ({ agent, exclude = [] }) => {
      const query = new URLSearchParams({
        ...(agent && { agent }),
        ...(exclude.length > 0 && { exclude: exclude.join(',') }),
      })
      return send('GET', `selection?${query.toString()}`, { output: selectionOutput })
    },
    decisions: async call => {
      const path = `decisions/${encodeURIComponent(call)}`
      return (await send('GET', path, { output: listOf(decisionOutput) })).items
    },
    reserve: body => send('POST', 'selection', { body, output: selectionOutput }),
  }
}

type Send = <T>(method: string, path: string, parts: Parts<T>) => Promise<T>

interface Parts<T> {
  readonly output: z.ZodType<T>
  readonly body?: unknown
  readonly ifMatch?: string
  /** How long the answer may take, where that is longer than usual. */
  readonly waitMs?: number
}

/** A little longer than a phone may ring. */
const nailUpMs = 190_000

function calls(send: Send): Client['calls'] {
  return {
    get: id => send('GET', `calls/${encodeURIComponent(id)}`, { output: callOutput }),
    hangUp: id => send('DELETE', `calls/${encodeURIComponent(id)}`, { output: callsOutput }),
    move: (of, server) => {
      const path =
        'call' in of ? `calls/${encodeURIComponent(of.call)}` : `agents/${encodeURIComponent(of.agent)}`
      return send('POST', `${path}/move`, {
        body: server === undefined ? {} : { server },
        output: callsOutput,
      })
    },
  }
}

function records(send: Send): Client['records'] {
  return {
    list: async ({ agent, trunk, limit } = {}) => {
      const query = new URLSearchParams({
        ...(agent && { agent }),
        ...(trunk && { trunk }),
        ...(limit !== undefined && { limit: String(limit) }),
      })
      return (await send('GET', `records?${query.toString()}`, { output: listOf(recordOutput) })).items
    },
    get: call => send('GET', `records/${encodeURIComponent(call)}`, { output: recordOutput }),
  }
}

function collection<Input, Patch, Output>(
  send: Send,
  name: string,
  output: z.ZodType<Output>,
): RemoteCollection<Input, Patch, Output> {
  const one = (id: string): string => `${name}/${encodeURIComponent(id)}`
  return {
    list: async () => (await send('GET', name, { output: listOf(output) })).items,
    get: id => send('GET', one(id), { output }),
    add: body => send('POST', name, { body, output }),
    change: (id, body, version) => {
      const ifMatch = version === undefined ? '*' : `"${version}"`
      return send('PATCH', one(id), { body, output, ifMatch })
    },
    remove: id => send('DELETE', one(id), { output: z.undefined() }),
  }
}

function sender({ url, token, timeoutMs = 10_000, fetch = globalThis.fetch }: ClientOptions): Send {
  return async (method, path, { body, ifMatch, output, waitMs = timeoutMs }) => {
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(ifMatch && { 'If-Match': ifMatch }),
    }
    const response = await fetch(`${url.replace(/\/+$/, '')}/api/v1/${path}`, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(waitMs),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw unreachable(url, cause)
    })
    const answer = await jsonOf(response)
    if (!response.ok) throw refusalOf(response.status, answer, url)
    const read = output.safeParse(answer)
    if (read.success) return read.data
    throw new PorticoError('E_API', `${url} gave an answer of another version of Portico; check --url`)
  }
}

function unreachable(url: string, cause: unknown): PorticoError {
  const reason =
    cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause)
  const step = 'is `portico up` running? Another address: --url or PORTICO_URL'
  return new PorticoError('E_API', `cannot reach the admin API at ${url} (${reason}); ${step}`, { cause })
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    const text = await response.text()
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusalOf(status: number, answer: unknown, url: string): PorticoError {
  const detail = problemOutput.safeParse(answer).data?.detail ?? `${url} answered ${status}; check --url`
  const codes: Readonly<Record<number, ErrorCode>> = {
    404: 'E_NOT_FOUND',
    409: 'E_CONFLICT',
    412: 'E_CONFLICT',
  }
  const step = status === 401 ? '; give it with --token or PORTICO_TOKEN' : ''
  return new PorticoError(codes[status] ?? 'E_API', detail + step)
}
