/** What is read back from Redis or from disk is checked against these before anyone sees it. */
import { z } from 'zod'
import type { Agent } from '../domain/agent.ts'
import type { Decision } from '../domain/decision.ts'
import { dialStates, type Dial, type DialNews, type DialOrder } from '../domain/dial.ts'
import type { Load, MediaServer } from '../domain/media-server.ts'
import type {
  Binding,
  Credential,
  DoorMessage,
  Order,
  OrderOutcome,
  Pin,
  Session,
  StoredRecord,
  Versioned,
} from './store.ts'

const id = z.string().regex(/^[a-z0-9_.-]{1,64}$/)
const text = z.string().max(4096)
const port = z.int().min(1).max(65_535)
const count = z.int().min(0)
const wallMs = z.number().min(0)

/** A media server as stored. */
export const mediaServerSchema: z.ZodType<MediaServer> = z.object({
  id,
  sip: z.object({ host: text, port, transport: z.enum(['udp', 'tcp']) }),
  ami: z.object({
    host: text,
    port,
    username: text,
    secret: text,
    tls: z.object({ ca: z.string().max(65_536).exactOptional() }).exactOptional(),
  }),
  capacity: count,
  zone: text,
  weight: z.number().positive().exactOptional(),
  maxCalls: count.exactOptional(),
  wanted: z.enum(['active', 'draining', 'disabled']),
  evacuate: z.boolean().exactOptional(),
  registration: z.enum(['current', 'lapsed']).exactOptional(),
})

/** An agent as stored. */
export const agentSchema: z.ZodType<Agent> = z.object({
  id,
  name: text,
  ha1: z.object({ md5: text, sha256: text }),
  groups: z.array(id).exactOptional(),
})

/** An object of a collection with its version. */
export function versionedSchema<T>(item: z.ZodType<T>): z.ZodType<Versioned<T>> {
  return z.object({ item, version: z.int().min(1) })
}

/** A load as the fields of a Redis hash. */
export const loadSchema: z.ZodType<Load> = z.object({
  waiting: z.coerce.number().pipe(count),
  inCall: z.coerce.number().pipe(count),
  clients: z.coerce.number().pipe(count),
  channels: z.coerce.number().pipe(count),
  conferences: z.coerce.number().pipe(count).exactOptional(),
  takenAt: z.coerce.number().pipe(wallMs),
  boot: z.coerce.number().pipe(wallMs),
  lagMs: z.coerce.number().pipe(count).exactOptional(),
  state: z.enum(['known', 'unknown', 'draining', 'hung', 'dead']).exactOptional(),
  reconciled: z.enum(['0', '1']).transform(flag => flag === '1'),
})

/** What else stands in the same hash. */
export const standingSchema = z.object({
  health: z.enum(['up', 'down', 'unknown', 'stopping', 'ejected']).catch('unknown'),
  until: z.coerce.number().catch(0),
  ejections: z.coerce.number().catch(0),
  warmSince: z.coerce.number().optional().catch(undefined),
  nextAt: z.coerce.number().optional().catch(undefined),
})

const standings = z.object({
  ready: count,
  warming: count,
  doubtful: count,
  full: count,
  out: count,
  off: count,
})

/** What led to a choice, as stored. */
export const decisionSchema: z.ZodType<Decision> = z.object({
  call: text,
  agent: text.exactOptional(),
  door: text.exactOptional(),
  policy: z.object({
    utilisation: z.enum(['expected', 'in-call', 'placed']),
    rho: z.number(),
    zone: text.exactOptional(),
    spillAt: z.number().exactOptional(),
    ramp: z.object({ windowMs: z.number(), fromPerSec: z.number(), toPerSec: z.number() }).exactOptional(),
  }),
  exclude: z.array(text),
  chance: z.number(),
  at: wallMs,
  alone: z.boolean().exactOptional(),
  situation: z.object({ counts: standings, counted: count, fresh: count }),
  picked: z
    .object({
      attempt: count,
      rule: z.enum(['least', 'two-choices', 'ledger']),
      zones: z.enum(['own', 'all']),
      ownBest: z.number().exactOptional(),
      among: count,
    })
    .exactOptional(),
  looked: z.array(
    z.object({
      server: z.object({
        id,
        zone: text,
        capacity: count,
        weight: z.number().exactOptional(),
        maxCalls: count.exactOptional(),
        wanted: z.enum(['active', 'draining', 'disabled']),
      }),
      load: z
        .object({
          waiting: count,
          inCall: count,
          clients: count,
          channels: count,
          takenAt: wallMs,
          conferences: count.exactOptional(),
          boot: wallMs,
          lagMs: count.exactOptional(),
          state: z.enum(['known', 'unknown', 'draining', 'hung', 'dead']).exactOptional(),
          reconciled: z.boolean(),
        })
        .exactOptional(),
      reserved: count,
      health: z.enum(['up', 'down', 'unknown', 'stopping', 'ejected']),
      until: z.number().exactOptional(),
      ejections: count.exactOptional(),
      warmSince: z.number().exactOptional(),
      nextAt: z.number().exactOptional(),
      placed: count.exactOptional(),
      ended: count.exactOptional(),
      share: z.number(),
      place: count.exactOptional(),
    }),
  ),
  choice: z.union([
    z.object({ kind: z.literal('chosen'), server: id }),
    z.object({ kind: z.literal('none'), reason: z.enum(['no-servers', 'none-eligible', 'all-full']) }),
  ]),
})

/** A pin as stored. */
export const pinSchema: z.ZodType<Pin> = z.object({
  agent: text,
  server: id,
  call: text,
  fence: z.number().exactOptional(),
  heldUntil: z.number().exactOptional(),
})

/** A registration as stored. */
export const bindingSchema: z.ZodType<Binding> = z.object({
  agent: text,
  contact: text,
  flow: text,
  door: text,
  callId: text,
  cseq: count,
  instance: text.exactOptional(),
  regId: count.exactOptional(),
  expiresAt: wallMs,
})

/** A call record as stored. */
export const recordSchema: z.ZodType<StoredRecord> = z.looseObject({ id: text })

/** A session as stored. */
export const sessionSchema: z.ZodType<Session> = z.object({
  id: text,
  kind: z.enum(['agent', 'client', 'dial-out', 'ring-agent', 'consult', 'consult-out', 'transit']),
  agent: text.exactOptional(),
  by: text.exactOptional(),
  trunk: text.exactOptional(),
  number: text.exactOptional(),
  route: text.exactOptional(),
  onward: z
    .object({ trunk: text, number: text, route: text.exactOptional(), dial: text.exactOptional() })
    .exactOptional(),
  server: text.exactOptional(),
  state: text,
  since: wallMs,
  door: text,
})

const dialOrder = z.object({
  call: text,
  agent: text,
  number: text,
  reference: text.exactOptional(),
  server: id,
  at: wallMs,
})
/** A call that was ordered, as stored. */
export const dialOrderSchema: z.ZodType<DialOrder> = dialOrder

/** What is known of it, as stored. */
export const dialNewsSchema: z.ZodType<DialNews> = z.object({
  state: z.enum(dialStates),
  at: wallMs,
  answeredAt: wallMs.exactOptional(),
  cause: count.exactOptional(),
  status: count.exactOptional(),
})

const dial: z.ZodType<Dial> = dialOrder.extend({ news: dialNewsSchema })

/** A short-lived credential as stored. */
export const credentialSchema: z.ZodType<Credential> = z.object({
  user: text,
  agent: text,
  ha1: z.object({ md5: text, sha256: text }),
  basis: text,
  expiresAt: wallMs,
})

/** Parses JSON text into a value of `schema`; undefined when it is none. */
export function fromJson<T>(schema: z.ZodType<T>, json: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(json)).data
  } catch {
    return undefined
  }
}

const order: z.ZodType<Order> = z.union([
  z.object({ kind: z.literal('move'), agent: text, server: text.exactOptional() }),
  z.object({ kind: z.literal('follow'), call: text, server: text }),
  z.object({ kind: z.literal('hang-up'), call: text }),
  z.object({ kind: z.literal('hand-over'), call: text, from: text, to: text, joins: z.boolean() }),
  z.object({ kind: z.literal('hand-out'), call: text, from: text, number: text, wish: text }),
  z.object({ kind: z.literal('handed-out'), wish: text, status: z.int().min(200).max(699) }),
  z.object({
    kind: z.literal('consulted'),
    call: text,
    by: text,
    callId: text,
    tags: z.tuple([text, text]),
  }),
  z.object({ kind: z.literal('replaced'), call: text, by: text }),
  z.object({ kind: z.literal('give-way'), call: text, flow: text.exactOptional() }),
  z.object({ kind: z.literal('tell'), dial }),
])

const orderOutcome: z.ZodType<OrderOutcome> = z.union([
  z.object({ kind: z.literal('done'), calls: z.array(text), server: text.exactOptional() }),
  z.object({ kind: z.literal('refused'), reason: text }),
])

/** An order on its way to the doors, or what a door says of it. */
export type OrderMessage =
  { readonly id: string; readonly order: Order } | { readonly id: string; readonly outcome: OrderOutcome }

/** The messages on the channel of orders. */
export const orderMessage: z.ZodType<OrderMessage> = z.union([
  z.object({ id: text, order }),
  z.object({ id: text, outcome: orderOutcome }),
])

const bytes = z.base64().max(1_500_000)
const farFlow = { flow: text, at: text }

/** What doors tell each other. */
export const doorMessage: z.ZodType<DoorMessage> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('server'),
    server: id,
    news: z.enum(['died', 'silent', 'heard', 'live']),
  }),
  z.object({ kind: z.literal('agent-here'), agent: id, ...farFlow }),
  z.object({ kind: z.literal('whose'), ...farFlow, callId: text, dialogs: z.array(text).max(2) }),
  z.object({ kind: z.literal('claim'), door: text, ...farFlow, callId: text }),
  z.object({ kind: z.literal('to-agent'), door: text, ...farFlow, bytes }),
  z.object({
    kind: z.literal('from-agent'),
    door: text,
    at: text,
    source: z.object({
      transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
      address: text,
      port: z.int().min(0).max(65_535),
      flow: text,
    }),
    bytes,
  }),
  z.object({ kind: z.literal('flow-over'), flow: text }),
])
