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
    create: ({ id, name, password, groups }) => ({ id, name, ha1: ha1Of(id, realm, password), groups }),
    replace: ({ id, ha1 }, { name, password, groups }) => ({
      id,
      name,
      ha1: password === undefined ? ha1 : ha1Of(id, realm, password),
      groups,
    }),
    patch: (current, { password, ...changes }) => ({
      ...current,
      ...changes,
      ...(password !== undefined && { ha1: ha1Of(current.id, realm, password) }),
    }),
    show: async items =>
      items.map(({ item: { id, name, groups = [] }, version }) => ({
        id,
        name,
        groups: [...groups],
        version,
      })),
  })
}
