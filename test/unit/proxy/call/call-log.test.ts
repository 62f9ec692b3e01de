import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createCallLog } from '../../../../proxy/call/call-log.ts'
import type { CallRecord, LiveCall } from '../../../../proxy/ports.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { MemoryRecords } from '../../../../selector/store/memory/records.ts'
import type { Session, SessionStore } from '../../../../selector/store/store.ts'

const live: LiveCall = { id: 'c1', leg: 'call-id', kind: 'agent', agent: '1001', state: 'placing', since: 5 }
const record: CallRecord = {
  ...live,
  state: 'over',
  verdict: 'caller-hung-up',
  status: 200,
  caller: '1001',
  servers: ['ms-1'],
  endedAt: 9,
}

function sessions(): SessionStore & { readonly shown: Map<string, Session> } {
  const shown = new Map<string, Session>()
  return {
    shown,
    put: async session => void shown.set(session.id, session),
    remove: async id => void shown.delete(id),
    list: async () => [...shown.values()],
  }
}

t.test('a call is shown while it lasts, with the door that has it', async t => {
  const store = sessions()
  const log = createCallLog({ sessions: store, records: new MemoryRecords(), door: 'door-1', log: silentLog })
  log.began(live)
  t.match([...store.shown.values()], [{ id: 'c1', state: 'placing', door: 'door-1' }])
  log.changed({ ...live, state: 'up', server: 'ms-1' })
  t.match([...store.shown.values()], [{ id: 'c1', state: 'up', server: 'ms-1' }])
  log.over(record)
  t.equal(store.shown.size, 0)
})

t.test('a call that is over is one line of JSON in the file, which is nobody else’s', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'portico-cdr-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'cdr.ndjson')
  const log = createCallLog({
    sessions: sessions(),
    records: new MemoryRecords(),
    door: 'door-1',
    cdrFile: file,
    log: silentLog,
  })
  log.over(record)
  let text = ''
  while (!text.endsWith('\n')) text = await readFile(file, 'utf8').catch(() => '')
  t.match(JSON.parse(text) as unknown, { id: 'c1', verdict: 'caller-hung-up', status: 200, door: 'door-1' })
  t.equal((await stat(file)).mode & 0o777, 0o600)
})

t.test('a record waits for what the media anchor has counted', async t => {
  const records = new MemoryRecords()
  const log = createCallLog({ sessions: sessions(), records, door: 'door-1', log: silentLog })
  const a = { packets: 50, bytes: 8_000, errors: 0, codec: 'PCMA/8000' }
  log.over(record, Promise.resolve({ a }))
  log.over({ ...record, id: 'c2' })
  while ((await records.last(2)).length < 2) await new Promise(resolve => setImmediate(resolve))
  const kept = new Map((await records.last(2)).map(one => [one.id, one]))
  t.match(kept.get('c1'), { servers: ['ms-1'], caller: '1001', door: 'door-1', media: { a } })
  t.equal(kept.get('c2')?.['media'], undefined)
})

t.test('a store that cannot be reached and a file that cannot be written end no call', async t => {
  const said: string[] = []
  const done = new Promise<void>(resolve => {
    const hear = (event: string): void => {
      if (said.push(event) === 2) resolve()
    }
    const store: SessionStore = {
      put: async () => undefined,
      remove: () => Promise.reject(new Error('gone')),
      list: async () => [],
    }
    const log = { ...silentLog, warn: hear, error: hear }
    createCallLog({
      sessions: store,
      records: new MemoryRecords(),
      door: 'd',
      cdrFile: '/nowhere/cdr.ndjson',
      log,
    }).over(record)
  })
  await done
  t.same(new Set(said), new Set(['call.not-shown', 'cdr.not-written']))
})
