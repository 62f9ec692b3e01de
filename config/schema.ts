import { isIP } from 'node:net'
import { z } from 'zod'
import { agents } from './agents.ts'
import { dialOut } from './dial-out.ts'
import { host } from './host.ts'
import { limits } from './limits.ts'
import { fleet, health } from './placement.ts'

/** Every setting of Portico, as read-only data. `config/load.ts` makes it; docs/settings.md lists it. */
export type Config = DeepReadonly<z.output<typeof configSchema>>

/** `T` with every field at every depth read-only. */
export type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

const port = z.int().min(0).max(65535)
const remotePort = z.int().min(1).max(65535)
const advertise = z
  .strictObject({
    host: host.describe('Host name or address that others shall use.'),
    port: remotePort.describe('Port that others shall use.'),
  })
  .exactOptional()
  .describe('What peers are told instead of host and port, e.g. behind a port forward.')
const udpTcp = z
  .array(z.enum(['udp', 'tcp']))
  .min(1)
  .default(['udp', 'tcp'])
const strangers = z
  .enum(['refuse', 'ignore'])
  .default('refuse')
  .describe('Requests from addresses that are no trunk and no media server: get 403, or nothing at all.')
const file = z.string().min(1).max(4096).exactOptional()

const listen = z.strictObject({
  public: z
    .strictObject({
      host: host.default('0.0.0.0').describe('Address that agents reach: HTTPS and secure WebSocket.'),
      port: port.default(8443).describe('TCP port of the same; 0 takes any free one.'),
      advertise,
      path: z
        .string()
        .regex(/^\/[A-Za-z0-9/_.-]{1,127}$/, 'must be a path such as /sip')
        .default('/sip')
        .describe('Path of the SIP WebSocket (RFC 7118).'),
      origins: z
        .array(z.union([z.literal('*'), z.string().regex(/^https?:\/\/[^\s/]+$/, 'must be an origin or *')]))
        .max(100)
        .default([])
        .describe('Web origins whose pages may open it; empty: the own origin only; `*`: any.'),
      allowMissingOrigin: z
        .boolean()
        .default(false)
        .describe('Whether clients that send no Origin, which no browser is, may open it.'),
    })
    .prefault({}),
  admin: z
    .strictObject({
      host: host
        .default('127.0.0.1')
        .describe('Address of console, REST API and metrics; anything but loopback needs tls.cert.'),
      port: port.default(9080).describe('TCP port of the same; 0 takes any free one.'),
    })
    .prefault({}),
  trunk: z
    .strictObject({
      host: host.default('127.0.0.1').describe('Address that carriers reach.'),
      port: port.default(5060).describe('SIP port for carriers; 0 takes any free one.'),
      transports: udpTcp.describe('Transports offered to carriers.'),
      strangers,
      advertise,
    })
    .prefault({}),
  inside: z
    .strictObject({
      host: host.default('127.0.0.1').describe('Address that media servers reach.'),
      port: port.default(5070).describe('SIP port for media servers; 0 takes any free one.'),
      transports: udpTcp.describe('Transports offered to media servers.'),
      strangers,
      advertise,
    })
    .prefault({}),
  relay: z
    .strictObject({
      host: host
        .default('127.0.0.1')
        .describe('Address where a separate signalling engine takes the connections of agents from a door.'),
      port: port.default(5066).describe('Its plain WebSocket port; 0 takes any free one.'),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      host: host
        .default('127.0.0.1')
        .describe(
          'Address where `portico engine` shows `/metrics`, in plain HTTP to everybody who can reach it.',
        ),
      port: port.default(9081).describe('Its TCP port; 0 takes any free one.'),
    })
    .prefault({}),
})

const signalling = z.strictObject({
  engine: z
    .enum(['embedded', 'drachtio'])
    .default('embedded')
    .describe('`embedded`: the engine inside the door; `drachtio`: a drachtio-server, or `portico engine`.'),
  drachtio: z
    .strictObject({
      host: host.default('127.0.0.1').describe('Control address of the drachtio-server.'),
      port: port.default(9022).describe('Control port of the drachtio-server.'),
      secret: z
        .string()
        .min(1)
        .max(256)
        .exactOptional()
        .describe('Shared secret; needed with the engine `drachtio`.'),
      tlsPort: port
        .exactOptional()
        .describe('A second control port of `portico engine`, over TLS; 0 takes any free one, absent: none.'),
      cdrs: z
        .boolean()
        .default(false)
        .describe(
          'Whether `portico engine` tells applications the records of calls (`cdr:attempt` and so on).',
        ),
    })
    .prefault({}),
})

const media = z.strictObject({
  mode: z
    .enum(['rtpengine', 'direct'])
    .default('rtpengine')
    .describe('`rtpengine`: media is anchored and addresses stay hidden; `direct`: SDP passes unchanged.'),
  rtpengine: z
    .array(z.string().regex(/^udp:\/\/(\[[0-9a-fA-F:]+\]|[^\s:/@]+):\d{1,5}$/, 'must be udp://host:port'))
    .max(64)
    .default(['udp://127.0.0.1:22222'])
    .describe(
      'Control addresses of rtpengine (ng protocol). A new call goes to the one with the fewest calls among those that answer.',
    ),
  timeoutMs: z
    .int()
    .min(50)
    .max(30_000)
    .default(1_000)
    .describe('How long one rtpengine may take to answer before the next is asked.'),
  reanchorPerSecond: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe(
      'How many calls in a second are taken to another rtpengine by re-INVITEs when theirs dies, or has forgotten them.',
    ),
  codec: z
    .enum(['opus', 'transcode', 'g711'])
    .default('opus')
    .describe(
      '`opus`: between browser and Asterisk, which mixes it with the G.711 of carriers; `transcode`: rtpengine turns it into G.711 for Asterisk; `g711`: G.711 everywhere.',
    ),
})

const failover = z.strictObject({
  tryMs: z
    .int()
    .min(100)
    .max(32_000)
    .default(2_000)
    .describe('How long a media server may stay silent to an INVITE before the next one is tried.'),
  attempts: z
    .int()
    .min(1)
    .max(10)
    .default(3)
    .describe('The most media servers that are tried for one agent’s call.'),
})

const trunks = z.strictObject({
  probeMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(10_000)
    .describe('How often each peer of a trunk is asked by OPTIONS whether it is there; 0: never.'),
})

/** The shape of the configuration file: every setting with type, default, limits and meaning. Unknown keys are errors. */
export const configSchema = z
  .strictObject({
    listen: listen.prefault({}),
    signalling: signalling.prefault({}),
    store: z
      .string()
      .regex(
        /^(memory:|rediss?(\+sentinel|\+cluster)?:\/\/\S+)$/,
        'must be memory: or redis://… or rediss://…',
      )
      .default('memory:')
      .describe(
        'Shared state: `memory:` for one process, `redis://…` or `rediss://…` for several doors; also `redis+sentinel://host:port,host:port/master` and `redis+cluster://host:port,host:port`.',
      ),
    dataDir: z
      .string()
      .min(1)
      .max(4096)
      .default('./data')
      .describe(
        'Folder for what Portico writes itself: memory store, console token, development certificate.',
      ),
    media: media.prefault({}),
    fleet: fleet.prefault({}),
    utilisation: z
      .enum(['expected', 'in-call'])
      .default('expected')
      .describe(
        'What counts as load: `expected` counts waiting agents at rho, `in-call` does not count them.',
      ),
    health: health.prefault({}),
    failover: failover.prefault({}),
    trunks: trunks.prefault({}),
    agents: agents.prefault({}),
    dialOut: dialOut.prefault({}),
    reservations: z
      .strictObject({
        ttlMs: z
          .int()
          .min(1_000)
          .max(120_000)
          .default(15_000)
          .describe('How long a place is kept for a call that has not joined yet.'),
      })
      .prefault({}),
    redis: z
      .strictObject({
        budgetMs: z
          .int()
          .min(10)
          .max(10_000)
          .default(150)
          .describe('How long one command may take before this process goes on without Redis.'),
      })
      .prefault({}),
    decisions: z
      .strictObject({
        file: file.describe('File that takes one JSON line per choice of a media server; absent: none.'),
      })
      .prefault({}),
    limits: limits.prefault({}),
    tls: z
      .strictObject({
        cert: file.describe('PEM file, certificate first, then chain; absent: a development certificate.'),
        key: file.describe('PEM file with the private key of the certificate.'),
      })
      .prefault({}),
    admin: z
      .strictObject({
        token: z
          .string()
          .regex(/^[\x21-\x7e]{16,256}$/, 'must be 16 to 256 printable characters without spaces')
          .exactOptional()
          .describe('Bearer token of the admin API; absent: made once and kept in dataDir.'),
      })
      .prefault({}),
    capture: z
      .strictObject({
        hep: z
          .string()
          .regex(/^udp:\/\/(\[[0-9a-fA-F:]+\]|\d{1,3}(\.\d{1,3}){3}):\d{1,5}$/, 'must be udp://address:port')
          .exactOptional()
          .describe(
            'Capture server (Homer, HEP version 3) that gets a copy of every SIP message; absent: none.',
          ),
        id: z
          .int()
          .min(0)
          .max(4_294_967_295)
          .default(2_001)
          .describe('Capture id by which it knows this door.'),
        password: z.string().min(1).max(256).exactOptional().describe('Its shared secret.'),
      })
      .prefault({}),
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error', 'silent'])
          .default('info')
          .describe('The least important lines that are written.'),
      })
      .prefault({}),
    cdr: z
      .strictObject({ file: file.describe('File that takes one JSON line per ended call; absent: none.') })
      .prefault({}),
  })
  .superRefine((config, context) => {
    for (const [path, message] of contradictions(config)) {
      context.addIssue({ code: 'custom', path: [...path], message })
    }
  })

/** The configuration of someone who configured nothing. */
export const defaultConfig: Config = deepFreeze(configSchema.parse({}))

/** Whether an address can be reached from this machine only. */
export function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.')
  return address === '::1' || address === 'localhost'
}

/** Freezes plain data at every depth and hands it back. */
export function deepFreeze<T>(value: T): DeepReadonly<T> {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  // Freezing is what makes the type true; nothing narrower can be said to the compiler.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return value as DeepReadonly<T>
}

type Contradiction = readonly [path: readonly string[], message: string]

function contradictions(config: z.output<z.ZodObject<typeof configSchema.shape>>): readonly Contradiction[] {
  const found: Contradiction[] = [...withoutSecrets(config.fleet.registration)]
  const { listen: open, agents: people, tls } = config
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    found.push([['tls', tls.cert === undefined ? 'cert' : 'key'], 'tls.cert and tls.key belong together'])
  }
  if (!isLoopback(open.admin.host) && tls.cert === undefined) {
    found.push([
      ['listen', 'admin', 'host'],
      'must be a loopback address unless tls.cert and tls.key are set',
    ])
  }
  if (people.registerMinSec > people.registerMaxSec) {
    found.push([['agents', 'registerMinSec'], 'must not be more than agents.registerMaxSec'])
  }
  if (config.media.mode === 'rtpengine' && config.media.rtpengine.length === 0) {
    found.push([['media', 'rtpengine'], 'must name at least one rtpengine unless media.mode is direct'])
  }
  if (people.iceServers.some(({ secret, username, credential }) => secret && (username ?? credential))) {
    found.push([['agents', 'iceServers'], 'a server has either a secret or username and credential'])
  }
  if (config.signalling.engine === 'drachtio' && config.signalling.drachtio.secret === undefined) {
    found.push([['signalling', 'drachtio', 'secret'], 'is needed when signalling.engine is drachtio'])
  }
  return found
}

function withoutSecrets(registration: z.output<typeof fleet>['registration']): readonly Contradiction[] {
  if (registration.networks.length === 0) return []
  return (['secret', 'amiSecret'] as const)
    .filter(name => registration[name] === undefined)
    .map(name => [['fleet', 'registration', name], 'is needed when fleet.registration.networks is not empty'])
}
