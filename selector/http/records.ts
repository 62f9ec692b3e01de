import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { listOf } from '../contract.ts'
import { recordOutput, recordsQuery, type RecordOutput } from '../contract/records.ts'
import type { Store } from '../store/store.ts'
import { readQuery } from './input.ts'
import { describe } from './openapi.ts'
import { notFound } from './problem.ts'

/** How many records a search looks through; `cdr.file` holds all. */
const mostSearched = 2000

/** Serves what is left of the calls that are over. */
export function serveRecords(app: OpenAPIHono, { store }: { readonly store: Pick<Store, 'records'> }): void {
  const path = '/api/v1/records'
  describe(app, 'get', path, {
    summary: `The last calls that are over, the newest first; a search looks through ${mostSearched}`,
    query: recordsQuery,
    output: listOf(recordOutput),
  })
  app.get(path, async c => {
    const query = readQuery(c, recordsQuery)
    if (!query.ok) return query.response
    const { agent, trunk, limit } = query.value
    const isAll = agent === undefined && trunk === undefined
    const fits = (record: RecordOutput): boolean =>
      (agent === undefined || agentsOf(record).includes(agent)) &&
      (trunk === undefined || record.trunk === trunk || record.onward?.trunk === trunk)
    const items = (await last(store, isAll ? limit : mostSearched)).filter(fits).slice(0, limit)
    return c.json({ items })
  })
  describe(app, 'get', `${path}/{id}`, {
    summary: 'One call that is over',
    id: z.string().max(64),
    output: recordOutput,
  })
  app.get(`${path}/:id`, async c => {
    const call = c.req.param('id')
    const record = (await last(store, mostSearched)).find(({ id }) => id === call)
    if (record) return c.json(record)
    const detail = `it is none of the last ${mostSearched} calls that are over; look for it in cdr.file, or in GET /api/v1/sessions`
    return notFound(c, detail)
  })
}

/** Every agent that was in a call. */
function agentsOf({ agent, by, agents = [] }: RecordOutput): readonly (string | undefined)[] {
  return [agent, by, ...agents]
}

/** Records that another version of Portico wrote otherwise are passed over. */
async function last({ records }: Pick<Store, 'records'>, count: number): Promise<readonly RecordOutput[]> {
  return (await records.last(count)).flatMap(stored => recordOutput.safeParse(stored).data ?? [])
}
