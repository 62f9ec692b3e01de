import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import type { Clock } from '../../runtime/clock.ts'
import { PorticoError } from '../../runtime/errors.ts'
import {
  drainQuery,
  idSchema,
  serverInput,
  serverOutput,
  serverPatch,
  serverReplacement,
  type ServerOutput,
  type ServerPatch,
  type ServerState,
} from '../contract.ts'
import type { AmiAddress, Candidate, MediaServer, Wanted } from '../domain/media-server.ts'
import type { Store, Versioned } from '../store/store.ts'
import { readQuery } from './input.ts'
import { describe } from './openapi.ts'
import { findIn, missing, serveResource } from './resource.ts'

/** Serves media servers with their state, and the three orders an operator gives them. */
export function serveServers(
  app: OpenAPIHono,
  { store, clock }: { readonly store: Pick<Store, 'servers' | 'ledger'>; readonly clock: Clock },
): void {
  const show = async (items: readonly Versioned<MediaServer>[]): Promise<readonly ServerOutput[]> => {
    const candidates = await store.ledger.candidates()
    const states = new Map(candidates.map(one => [one.server.id, stateOf(one, clock.wall())]))
    return items.map(found => shown(found, states.get(found.item.id)))
  }
  serveResource(app, {
    name: 'servers',
    collection: store.servers,
    schemas: { create: serverInput, replace: serverReplacement, patch: serverPatch, shown: serverOutput },
    create: input => input,
    replace: ({ id, ami }, input) => ({ ...input, id, ami: amiOver(ami, input.ami) }),
    patch: (current, input) => ({
      ...current,
      ...input,
      sip: { ...current.sip, ...input.sip },
      ami: amiOver(current.ami, input.ami ?? {}),
    }),
    show,
  })
  for (const [order, wanted] of orders) {
    const mayMove = order === 'drain'
    const summary = `Set the wanted state of a media server to ${wanted}${mayMove ? '; with ?move=true its idle agents go elsewhere' : ''}`
    describe(app, 'post', `/api/v1/servers/{id}/${order}`, {
      summary,
      id: idSchema,
      ...(mayMove && { query: drainQuery }),
      output: serverOutput,
    })
    app.post(`/api/v1/servers/:id/${order}`, async c => {
      const query = readQuery<{ readonly move?: 'true' | 'false' }>(c, mayMove ? drainQuery : noQuery)
      if (!query.ok) return query.response
      const found = await findIn(store.servers, c)
      if (!found) return missing(c, 'servers')
      const evacuate = query.value.move === 'true'
      const written = await setWanted(store, found.item.id, wanted, evacuate)
      if (!written) return missing(c, 'servers')
      const [server] = await show([written])
      return c.json(server, 200, { ETag: `"${written.version}"` })
    })
  }
}

/** What is not said stays, so that nobody who does not know of TLS ends it. */
function amiOver(current: AmiAddress, { tls = current.tls, ...said }: AmiChange): AmiAddress {
  const { tls: _, ...plain } = { ...current, ...said }
  return { ...plain, ...(tls && { tls }) }
}

type AmiChange = NonNullable<ServerPatch['ami']>

const noQuery = z.strictObject({})

/** The state of a media server as the API shows it. `at`: wall-clock milliseconds. */
export function stateOf({ health, reserved, load }: Candidate, at: number): ServerState {
  if (load === undefined) return { health, reserved }
  const { takenAt, boot: _, ...numbers } = load
  return { health, reserved, load: { ...numbers, ageMs: Math.max(0, Math.round(at - takenAt)) } }
}

const orders: readonly (readonly [order: string, wanted: Wanted])[] = [
  ['drain', 'draining'],
  ['activate', 'active'],
  ['disable', 'disabled'],
]

function shown({ item, version }: Versioned<MediaServer>, state: ServerState | undefined): ServerOutput {
  const { id, sip, capacity, zone, weight, maxCalls, wanted, evacuate, registration } = item
  const { secret: _, ...ami } = item.ami
  return {
    id,
    sip,
    ami,
    capacity,
    zone,
    ...(weight !== undefined && { weight }),
    ...(maxCalls !== undefined && { maxCalls }),
    wanted,
    ...(evacuate && { evacuate }),
    ...(registration && { registration }),
    version,
    ...(state && { state }),
  }
}

const mostTries = 5

/** An order holds whatever else is being written, so it is repeated over newer versions. */
async function setWanted(
  { servers }: Pick<Store, 'servers'>,
  id: string,
  wanted: Wanted,
  evacuate: boolean,
): Promise<Versioned<MediaServer> | undefined> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const current = await servers.get(id)
    if (current === undefined) return undefined
    const { evacuate: was = false, ...item } = current.item
    if (item.wanted === wanted && was === evacuate) return current
    const ordered = { ...item, wanted, ...(evacuate && { evacuate }) }
    const written = await servers.put(ordered, current.version)
    if (written) return written
  }
  throw new PorticoError('E_CONFLICT', `${id} is being changed by others all the time; try again`)
}
