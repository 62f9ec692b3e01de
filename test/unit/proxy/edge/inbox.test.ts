import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { Inbox } from '../../../../proxy/edge/inbox.ts'
import type { EdgeEvent } from '../../../../proxy/ports.ts'
import { silentLog } from '../../../../runtime/log.ts'

const closed = (flow: string) => (): EdgeEvent => ({ kind: 'flow-closed', flow })
const flowOf = (event: EdgeEvent): string => (event.kind === 'flow-closed' ? event.flow : event.kind)

async function open(receive: (flow: string, inbox: Inbox) => void): Promise<Inbox> {
  const inbox = new Inbox(silentLog)
  inbox.open(event => receive(flowOf(event), inbox))
  await setImmediate()
  return inbox
}

t.test('nothing is handed over before the turn after opening', async t => {
  const told: string[] = []
  const inbox = new Inbox(silentLog)
  inbox.put(closed('early'))
  inbox.open(event => told.push(flowOf(event)))
  inbox.put(closed('also early'))
  await Promise.resolve()
  t.strictSame(told, [])
  await setImmediate()
  t.strictSame(told, ['early', 'also early'])
})

t.test('an event that an event causes is handed over after it', async t => {
  const told: string[] = []
  const inbox = await open((flow, own) => {
    if (flow === 'first') own.put(closed('second'))
    told.push(flow)
  })
  inbox.put(closed('first'))
  t.strictSame(told, ['first', 'second'])
})

t.test('what an order causes is handed over after the order has returned', async t => {
  const told: string[] = []
  const inbox = await open(flow => told.push(flow))
  inbox.during(() => {
    inbox.put(closed('caused'))
    t.strictSame(told, [])
  })
  t.strictSame(told, [], 'not before whoever ordered goes on')
  await Promise.resolve()
  t.strictSame(told, ['caused'])
})

t.test('an order given by the receiver does not disturb the order of events', async t => {
  const told: string[] = []
  const inbox = await open((flow, own) => {
    told.push(flow)
    if (flow === 'first') own.during(() => own.put(closed('third')))
  })
  inbox.during(() => {
    inbox.put(closed('first'))
    inbox.put(closed('second'))
  })
  await Promise.resolve()
  t.strictSame(told, ['first', 'second', 'third'])
})

t.test('an event is made when its turn has come, and may turn out to be none', async t => {
  const told: string[] = []
  const inbox = await open(flow => told.push(flow))
  let known = false
  inbox.during(() => {
    inbox.put(() => (known ? closed('known')() : undefined))
    inbox.put(() => undefined)
    known = true
  })
  await Promise.resolve()
  t.strictSame(told, ['known'])
})

t.test('a receiver that throws loses one event, not those after it', async t => {
  const told: string[] = []
  const inbox = await open(flow => {
    told.push(flow)
    throw new Error('broken')
  })
  inbox.put(closed('first'))
  inbox.put(closed('second'))
  t.strictSame(told, ['first', 'second'])
})

t.test('after closing nothing is handed over', async t => {
  const told: string[] = []
  const inbox = await open(flow => told.push(flow))
  inbox.close()
  inbox.put(closed('late'))
  t.strictSame(told, [])
})
