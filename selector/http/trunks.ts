import type { OpenAPIHono } from '@hono/zod-openapi'
import {
  trunkInput,
  trunkOutput,
  trunkPatch,
  trunkReplacement,
  type TrunkOutput,
} from '../contract/trunks.ts'
import type { Trunk } from '../domain/trunk.ts'
import type { Store, Versioned } from '../store/store.ts'
import { patched } from './patched.ts'
import { serveResource } from './resource.ts'

/** Serves trunks. Passwords go in and never come out. */
export function serveTrunks(app: OpenAPIHono, { store }: { readonly store: Pick<Store, 'trunks'> }): void {
  serveResource(app, {
    name: 'trunks',
    collection: store.trunks,
    schemas: { create: trunkInput, replace: trunkReplacement, patch: trunkPatch, shown: trunkOutput },
    create: input => input,
    replace: ({ id }, input) => ({ ...input, id }),
    patch: (current, input) => patched(current, input),
    show: async items => items.map(shown),
  })
}

function shown({ item, version }: Versioned<Trunk>): TrunkOutput {
  const { id, enabled, addresses, peers = [], account, challenge, limits, headers, identity } = item
  return {
    id,
    enabled,
    addresses: [...addresses],
    peers: peers.map(peer => ({ ...peer, addresses: [...(peer.addresses ?? [])] })),
    ...(account && {
      account: { user: account.user, ...(account.realm !== undefined && { realm: account.realm }) },
    }),
    ...(challenge && { challenge: { user: challenge.user } }),
    ...(limits && { limits }),
    ...(headers && {
      headers: {
        ...(headers.in && { in: [...headers.in] }),
        ...(headers.out && { out: [...headers.out] }),
      },
    }),
    ...(identity && { identity }),
    version,
  }
}
