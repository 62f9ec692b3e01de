import type { OpenAPIHono } from '@hono/zod-openapi'
import { agentInput, agentOutput, agentPatch, agentReplacement } from '../contract.ts'
import { ha1Of } from '../credentials.ts'
import type { Store } from '../store/store.ts'
import { serveResource } from './resource.ts'

/** Serves agents. A password goes in and only its digest is kept. */
export function serveAgents(
  app: OpenAPIHono,
  { store, realm }: { readonly store: Pick<Store, 'agents'>; readonly realm: string },
): void {
  serveResource(app, {
    name: 'agents',
    collection: store.agents,
    schemas: { create: agentInput, replace: agentReplacement, patch: agentPatch, shown: agentOutput },
    create: ({ id, name, password }) => ({ id, name, ha1: ha1Of(id, realm, password) }),
    replace: ({ id, ha1 }, { name, password }) => ({
      id,
      name,
      ha1: password === undefined ? ha1 : ha1Of(id, realm, password),
    }),
    patch: (current, { name = current.name, password }) => ({
      id: current.id,
      name,
      ha1: password === undefined ? current.ha1 : ha1Of(current.id, realm, password),
    }),
    show: async items => items.map(({ item: { id, name }, version }) => ({ id, name, version })),
  })
}
