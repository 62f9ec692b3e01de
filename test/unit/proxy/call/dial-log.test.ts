import t from 'tap'
import { dialEvent, followDials } from '../../../../proxy/call/dial-log.ts'
import type { CallLog, CallRecord, LiveCall } from '../../../../proxy/ports.ts'
import { silentLog } from '../../../../runtime/log.ts'
import type { Dial } from '../../../../selector/domain/dial.ts'
import type { Orders } from '../../../../selector/store/store.ts'
import { MemoryDials } from '../../../../selector/store/memory/dials.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const live: LiveCall = { id: 'c1', leg: 'l', kind: 'dial-out', agent: 'anna', state: 'placing', since: 5 }
const record: CallRecord = {
  ...live,
  servers: [],
  caller: 'anna',
  state: 'over',
  verdict: 'refused',
  status: 486,
  endedAt: 9,
}

/** A log of calls of which `c1` was ordered, and what its agent is told. */
async function ordered(): Promise<{
  readonly log: CallLog
  readonly told: Dial[]
  readonly heard: string[]
}> {
  const clock = new ManualClock()
  const dials = new MemoryDials(clock)
  const order = { call: 'c1', agent: 'anna', number: '+49', server: 'ms-a', at: 1 }
  await dials.begin({ order, limits: [], holdMs: 1_000, keepMs: 1_000 })
  const told: Dial[] = []
  const orders: Pick<Orders, 'give'> = {
    give: async order => void (order.kind === 'tell' && told.push(order.dial)),
  }
  const heard: string[] = []
  const inner: CallLog = {
    began: () => void heard.push('began'),
    changed: ({ state }) => void heard.push(state),
    over: () => void heard.push('over'),
  }
  return {
    log: followDials(inner, { dials, orders, clock, log: silentLog }),
    told,
    heard,
  }
}

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('a call that was ordered is told each time that it gets further', async t => {
  const { log, told, heard } = await ordered()
  log.began(live)
  for (const state of ['offering', 'trying', 'ringing', 'answering', 'up']) log.changed({ ...live, state })
  log.over({ ...record, verdict: 'callee-hung-up', status: 200, answeredAt: 7 })
  await settled()
  t.strictSame(
    told.map(({ news }) => news.state),
    ['dialling', 'ringing', 'answered', 'ended'],
  )
  t.match(told.at(-1)?.news, { answeredAt: 7, cause: 16 })
  t.strictSame(heard, ['began', 'offering', 'trying', 'ringing', 'answering', 'up', 'over'])
})

t.test('a call that fails is told with its status and the cause of that', async t => {
  const { log, told } = await ordered()
  log.over(record)
  await settled()
  t.match(told[0]?.news, { state: 'failed', status: 486, cause: 17 })
})

t.test('calls that nobody ordered, and calls of other kinds, are not told', async t => {
  const { log, told, heard } = await ordered()
  log.began({ ...live, id: 'c2' })
  log.began({ ...live, kind: 'client' })
  await settled()
  t.strictSame([told, heard], [[], ['began', 'began']])
})

t.test('the agent’s page is told what it may know, and nothing of the media server', async t => {
  const { log, told } = await ordered()
  log.over(record)
  await settled()
  const [dial] = told
  if (!dial) throw new Error('nothing was told')
  const { type, content } = dialEvent(dial)
  t.equal(type, 'application/x-portico-dial+json')
  t.strictSame(JSON.parse(content), {
    call: 'c1',
    number: '+49',
    state: 'failed',
    cause: 17,
    text: 'busy',
    status: 486,
  })
})
