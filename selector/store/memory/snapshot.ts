import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { PorticoError } from '../../../runtime/errors.ts'
import type { Agent } from '../../domain/agent.ts'
import type { MediaServer } from '../../domain/media-server.ts'
import type { Route } from '../../domain/route.ts'
import type { Trunk } from '../../domain/trunk.ts'
import { routeSchema } from '../route-schema.ts'
import { agentSchema, fromJson, mediaServerSchema, versionedSchema } from '../schemas.ts'
import type { Versioned } from '../store.ts'
import { trunkSchema } from '../trunk-schema.ts'

/** What the operator wrote, by id. */
export interface Tables {
  readonly servers: Map<string, Versioned<MediaServer>>
  readonly agents: Map<string, Versioned<Agent>>
  readonly trunks: Map<string, Versioned<Trunk>>
  readonly routes: Map<string, Versioned<Route>>
}

/** Tables without anything in them. */
export function emptyTables(): Tables {
  return { servers: new Map(), agents: new Map(), trunks: new Map(), routes: new Map() }
}

/** Tables that share nothing with the given ones but the objects. */
export function copyTables({ servers, agents, trunks, routes }: Tables): Tables {
  return {
    servers: new Map(servers),
    agents: new Map(agents),
    trunks: new Map(trunks),
    routes: new Map(routes),
  }
}

/**
 * Reads `state.json` of `dataDir`; a file that is not there means empty tables. Rejects with `E_STORE` when it cannot
 * be read as a whole: half a configuration would be worse than none.
 */
export async function readSnapshot(dataDir: string): Promise<Tables> {
  const file = join(dataDir, fileName)
  const json = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw new PorticoError('E_STORE', `cannot read ${file}: ${cause.message}`, { cause })
  })
  if (json === undefined) return emptyTables()
  const state = fromJson(stateSchema, json)
  if (!state) {
    throw new PorticoError(
      'E_STORE',
      `${file} does not hold a state of this version; restore a good copy or move it away to start empty`,
    )
  }
  const { servers, agents, trunks, routes } = state
  return { servers: byId(servers), agents: byId(agents), trunks: byId(trunks), routes: byId(routes) }
}

/**
 * Replaces `state.json`. When it resolves the new state survives a power cut; when it rejects (`E_STORE`, disk full
 * for instance) the old file is still there, whole.
 */
export async function writeSnapshot(dataDir: string, tables: Tables): Promise<void> {
  const file = join(dataDir, fileName)
  const state = {
    schema: 2,
    servers: [...tables.servers.values()],
    agents: [...tables.agents.values()],
    trunks: [...tables.trunks.values()],
    routes: [...tables.routes.values()],
  }
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await writeThrough(`${file}.new`, `${JSON.stringify(state, null, 1)}\n`)
    await rename(`${file}.new`, file)
    await syncDirectory(dataDir)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PorticoError('E_STORE', `cannot write ${file}, nothing was changed: ${why}`, { cause })
  }
}

const fileName = 'state.json'

/**
 * Version 2 added routes and the peers of trunks. A file of version 1 is read as well, and is of version 2 from the next write on;
 * what an older Portico would lose it refuses to read.
 */
const stateSchema = z.object({
  schema: z.union([z.literal(1), z.literal(2)]),
  servers: z.array(versionedSchema(mediaServerSchema)),
  agents: z.array(versionedSchema(agentSchema)),
  trunks: z.array(versionedSchema(trunkSchema)),
  routes: z.array(versionedSchema(routeSchema)).default([]),
})

function byId<T extends { readonly id: string }>(rows: readonly Versioned<T>[]): Map<string, Versioned<T>> {
  return new Map(rows.map(row => [row.item.id, row]))
}

/** The file holds passwords of media servers, so only its owner may read it. */
async function writeThrough(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A rename is only durable once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
