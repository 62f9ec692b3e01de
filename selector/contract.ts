/** The JSON of the REST API: what goes in is refused when it holds anything unknown, what comes out never holds a secret. */
import { z } from 'zod'

/** Ids, and what else is called by a plain word. */
export const name = z.string().regex(/^(?=.*[a-z0-9])[a-z0-9_.-]{1,64}$/, 'must be 1 to 64 of a-z 0-9 _ . -')
const address = z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' })
/** Where a machine is. */
export const host = z.string().regex(/^[A-Za-z0-9_.:-]{1,255}$/, 'must be a host name or an IP address')
/** Of UDP or TCP. */
export const port = z.int().min(1).max(65_535)
/** Free text that stays within its line. */
export const oneLine = (most: number): z.ZodString =>
  z
    .string()
    .max(most)
    .regex(/^\P{Cc}*$/u, 'must be one line without control characters')
/** A secret of somebody else, kept as it is. */
export const secret = oneLine(256).min(1)
/** Of an object, counted from 1. */
export const version = z.int().min(1)
/** What an operator wants of a media server. */
export const wanted = z.enum(['active', 'draining', 'disabled'])

/** An id in a path: media server or trunk as it is, agent in lower case. */
export const idSchema = z.string().toLowerCase().pipe(name)

const sip = z.strictObject({
  host: address,
  port: port.default(5060),
  transport: z.enum(['udp', 'tcp']).default('udp'),
})
const amiTls = z.strictObject({
  /** PEM of the authority that signed its certificate; absent: any that the system trusts. */
  ca: z
    .string()
    .max(32_768)
    .regex(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\s-]+$/, 'must be a certificate in PEM')
    .exactOptional(),
})
const ami = z.strictObject({
  host,
  port: port.default(5038),
  username: secret,
  secret,
  /** Over TLS, with a certificate that names `host`. */
  tls: amiTls.exactOptional(),
})
const capacity = z.int().min(1).max(100_000)
const weight = z.number().min(0.01).max(100)
const maxCalls = z.int().min(1).max(100_000)

/** A media server to be added. */
export const serverInput = z.strictObject({
  id: idSchema,
  sip,
  ami,
  capacity,
  zone: name.default('default'),
  weight: weight.exactOptional(),
  maxCalls: maxCalls.exactOptional(),
  wanted: wanted.default('active'),
})

/** A media server written anew. Without `ami.secret` or `ami.tls` what is stored of them stays; `null` ends TLS. */
export const serverReplacement = serverInput.omit({ id: true }).extend({
  ami: ami.extend({ secret: secret.exactOptional(), tls: amiTls.nullable().exactOptional() }),
})

/** Fields of a media server to be changed; the others stay. */
export const serverPatch = z.strictObject({
  sip: z
    .strictObject({
      host: address.exactOptional(),
      port: port.exactOptional(),
      transport: z.enum(['udp', 'tcp']).exactOptional(),
    })
    .exactOptional(),
  ami: z
    .strictObject({
      host: host.exactOptional(),
      port: port.exactOptional(),
      username: secret.exactOptional(),
      secret: secret.exactOptional(),
      tls: amiTls.nullable().exactOptional(),
    })
    .exactOptional(),
  capacity: capacity.exactOptional(),
  zone: name.exactOptional(),
  weight: weight.exactOptional(),
  maxCalls: maxCalls.exactOptional(),
  wanted: wanted.exactOptional(),
})

/** What an order to drain a media server may say. */
export const drainQuery = z.strictObject({
  /** Move agents who are in no call to other media servers. */
  move: z.enum(['true', 'false']).exactOptional(),
})

/** What a media server carries now. */
export const loadOutput = z.object({
  waiting: z.int(),
  inCall: z.int(),
  clients: z.int(),
  channels: z.int(),
  conferences: z.int().optional(),
  /** How old these numbers are. */
  ageMs: z.number(),
  /** How long an event takes from that Asterisk to us. */
  lagMs: z.number().optional(),
  /** How that Asterisk is, as far as its Manager Interface tells. */
  state: z.enum(['known', 'unknown', 'draining', 'hung', 'dead']).optional(),
  reconciled: z.boolean(),
})

/** How a media server is. */
export const serverState = z.object({
  health: z.enum(['up', 'down', 'unknown', 'stopping', 'ejected']),
  reserved: z.int(),
  /** Absent until its Manager Interface gave a first snapshot. */
  load: loadOutput.optional(),
})

/** A media server as the API shows it. */
export const serverOutput = z.object({
  id: z.string(),
  sip: z.object({ host: z.string(), port: z.int(), transport: z.enum(['udp', 'tcp']) }),
  ami: z.object({
    host: z.string(),
    port: z.int(),
    username: z.string(),
    tls: z.object({ ca: z.string().optional() }).optional(),
  }),
  capacity: z.int(),
  zone: z.string(),
  /** How much of the work it gets beside servers of the same capacity. */
  weight: z.number().optional(),
  /** The client legs, inbound and dialled, at which it gets no new agents; clients of agents who wait there are never refused for it. */
  maxCalls: z.int().optional(),
  wanted,
  /** Whether its idle agents are being moved away. */
  evacuate: z.boolean().optional(),
  /** How its own registration stands; absent: an operator wrote it. */
  registration: z.enum(['current', 'lapsed']).optional(),
  version,
  state: serverState.optional(),
})

const password = oneLine(128).min(8, 'must have at least 8 characters')

/** The groups whose queues an agent serves. */
const groups = z.array(idSchema).max(64)

/** An agent to be added. */
export const agentInput = z.strictObject({
  id: idSchema,
  name: oneLine(128).default(''),
  password,
  groups: groups.default([]),
})

/** An agent written anew. Without `password` the stored one stays. */
export const agentReplacement = agentInput.omit({ id: true }).extend({ password: password.exactOptional() })

/** Fields of an agent to be changed. */
export const agentPatch = z.strictObject({
  name: oneLine(128).exactOptional(),
  password: password.exactOptional(),
  groups: groups.exactOptional(),
})

/** An agent as the API shows it. */
export const agentOutput = z.object({
  id: z.string(),
  name: z.string(),
  groups: z.array(z.string()),
  version,
})

/** What is asked for a hint. */
export const hintQuery = z.strictObject({
  /** Agents to be ranked, separated by commas, the longest idle first; absent: all who wait. */
  agents: z
    .string()
    .max(65_536)
    .transform(text =>
      text
        .toLowerCase()
        .split(',')
        .filter(id => id !== ''),
    )
    .exactOptional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})

/** One waiting agent, as a hint ranks it. */
export const hintOutput = z.object({
  agent: z.string(),
  server: z.string(),
  /** Share of the capacity of its server that is in call; the lower, the better. */
  share: z.number(),
  /** Since when its leg is up, wall-clock milliseconds. */
  since: z.number(),
  /** As the parameter `portico-pin` of the request URI it brings the client's leg to the agent also while Redis is away. */
  pin: z.string().optional(),
})

/** One leg of a call in progress. */
export const sessionOutput = z.object({
  id: z.string(),
  kind: z.enum(['agent', 'client', 'dial-out', 'ring-agent', 'consult', 'consult-out', 'transit']),
  /** Absent in a call that is in no conference. */
  agent: z.string().optional(),
  /** The agent that consults that one, or a number. */
  by: z.string().optional(),
  /** Of a call through a trunk: which one, the number that was dialled as the route made it, and that route. */
  trunk: z.string().optional(),
  number: z.string().optional(),
  route: z.string().optional(),
  /** By which trunk a call between two trunks goes on, and to which number; of a client that is being connected to a number, where to. */
  onward: z
    .object({
      trunk: z.string(),
      number: z.string(),
      route: z.string().optional(),
      dial: z.string().optional(),
    })
    .optional(),
  server: z.string().optional(),
  state: z.string(),
  /** Wall-clock milliseconds. */
  since: z.number(),
  door: z.string(),
})

/** Who is in a conference, told by its media server. */
export const conferenceOutput = z.object({
  conference: z.string(),
  members: z.array(z.object({ role: z.enum(['agent', 'client', 'other']), call: z.string() })),
})

const endOfWay = z.object({ host: z.string(), port: z.int() })

/** What the legs of a call said on the wire, in order. */
export const traceOutput = z.object({
  messages: z.array(
    z.object({
      /** The Call-ID of its leg. */
      leg: z.string(),
      /** Wall-clock milliseconds. */
      at: z.number(),
      direction: z.enum(['in', 'out']),
      transport: z.string(),
      /** Our own. */
      local: endOfWay,
      peer: endOfWay,
      /** The whole message; what proves a password in it is cut out. */
      text: z.string(),
    }),
  ),
  /** Messages that were left out in the middle of a long call. */
  omitted: z.int(),
})

/** Every refusal and failure of the API (RFC 9457). */
export const problemOutput = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** A code of docs/errors.md. */
  code: z.string(),
  detail: z.string(),
  /** What is wrong with each field. */
  errors: z.array(z.object({ field: z.string(), wrong: z.string() })).optional(),
})

/** Lists come in an object, so that they can grow fields later. */
export function listOf<T extends z.ZodType>(item: T): z.ZodObject<{ items: z.ZodArray<T> }> {
  return z.object({ items: z.array(item) })
}

/** What an agent signs in with at the public API. */
export const sessionRequest = z.strictObject({ agent: idSchema, password: z.string().min(1).max(256) })

/** What the softphone needs to register and to join. */
export const sessionGrant = z.object({
  agent: z.string(),
  sipUri: z.string(),
  authorizationUser: z.string(),
  password: z.string(),
  wssUrl: z.string(),
  iceServers: z.array(
    z.object({
      urls: z.array(z.string()),
      username: z.string().optional(),
      credential: z.string().optional(),
    }),
  ),
  conference: z.string(),
  /** Wall-clock milliseconds. */
  expiresAt: z.number(),
})

export type ServerInput = z.input<typeof serverInput>
export type ServerPatch = z.input<typeof serverPatch>
export type ServerOutput = z.output<typeof serverOutput>
export type ServerState = z.output<typeof serverState>
export type AgentInput = z.input<typeof agentInput>
export type AgentPatch = z.input<typeof agentPatch>
export type AgentOutput = z.output<typeof agentOutput>
export type SessionOutput = z.output<typeof sessionOutput>
export type ConferenceOutput = z.output<typeof conferenceOutput>
export type TraceOutput = z.output<typeof traceOutput>
export type SessionGrant = z.output<typeof sessionGrant>
export type Problem = z.output<typeof problemOutput>
