import type { OpenAPIHono } from '@hono/zod-openapi'
import { trunkInput, trunkOutput, trunkPatch, trunkReplacement, type TrunkOutput } from '../contract.ts'
import type { Trunk } from '../domain/trunk.ts'
import type { Store, Versioned } from '../store/store.ts'
import { serveResource } from './resource.ts'

/** Serves trunks. */
export function serveTrunks(app: OpenAPIHono, { store }: { readonly store: Pick<Store, 'trunks'> }): void {
  serveResource(app, {
    name: 'trunks',
    collection: store.trunks,
    schemas: { create: trunkInput, replace: trunkReplacement, patch: trunkPatch, shown: trunkOutput },
    create: input => input,
    replace: ({ id }, input) => ({ ...input, id }),
    patch: (current, { target, ...input }) => ({ ...withTarget(current, target), ...input }),
    show: async items => items.map(shown),
  })
}

function withTarget(trunk: Trunk, target: Trunk['target'] | null): Trunk {
  if (target === undefined) return trunk
  const { target: _gone, ...rest } = trunk
  return target === null ? rest : { ...rest, target }
}

function shown({ item, version }: Versioned<Trunk>): TrunkOutput {
  return { ...item, addresses: [...item.addresses], version }
}
