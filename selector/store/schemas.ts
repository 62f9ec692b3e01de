/** What is read back from Redis or from disk is checked against these before anyone sees it. */
import { z } from 'zod'
import type { Agent } from '../domain/agent.ts'
import type { Load, MediaServer } from '../domain/media-server.ts'
import type { Binding, Credential, Pin, Session, Versioned } from './store.ts'

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
  wanted: z.enum(['active', 'draining', 'disabled']),
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

/** The health field of the same hash. */
export const healthSchema = z.enum(['up', 'down', 'unknown']).catch('unknown')

/** A pin as stored. */
export const pinSchema: z.ZodType<Pin> = z.object({ agent: text, server: id, call: text })

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

/** A session as stored. */
export const sessionSchema: z.ZodType<Session> = z.object({
  id: text,
  kind: z.enum(['agent', 'client']),
  agent: text,
  trunk: text.exactOptional(),
  server: text.exactOptional(),
  state: text,
  since: wallMs,
  door: text,
})

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
