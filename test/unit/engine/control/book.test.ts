import t from 'tap'
import { Dialogs, type App } from '../../../../engine/control/book.ts'
import { Flows } from '../../../../engine/control/flows.ts'
import { Routes } from '../../../../engine/control/routes.ts'
import { createSerial } from '../../../../engine/control/serial.ts'
import { source } from '../../../support/fake-engine.ts'

const app = (name: string, alive = true): App => ({ name, alive, send: () => undefined })

t.test('each method has its own round robin', async t => {
  const routes = new Routes<string>()
  for (const name of ['a', 'b', 'c']) routes.add('invite', name)
  routes.add('register', 'a')
  const turns = Array.from({ length: 6 }, () => routes.next('INVITE'))
  t.strictSame(new Set(turns), new Set(['a', 'b', 'c']))
  t.strictSame(turns.slice(3), turns.slice(0, 3))
  t.equal(routes.next('REGISTER'), 'a')
  t.equal(routes.next('BYE'), undefined)
})

t.test('routing twice gives no second share', async t => {
  const routes = new Routes<string>()
  for (const name of ['a', 'b', 'a', 'a']) routes.add('invite', name)
  t.strictSame([routes.next('INVITE'), routes.next('INVITE'), routes.next('INVITE')], ['b', 'a', 'b'])
})

t.test('removing one method leaves the others, dropping an application removes all', async t => {
  const routes = new Routes<string>()
  for (const verb of ['invite', 'register']) for (const name of ['a', 'b']) routes.add(verb, name)
  routes.remove('invite', 'a')
  t.strictSame([routes.next('INVITE'), routes.next('INVITE')], ['b', 'b'])
  routes.drop('b')
  t.equal(routes.next('INVITE'), undefined)
  t.strictSame([routes.next('REGISTER'), routes.next('REGISTER')], ['a', 'a'])
})

t.test('a dialog of an application that is gone has no owner', async t => {
  const dialogs = new Dialogs(10)
  dialogs.own('d', app('a', false))
  t.equal(dialogs.owner('d'), undefined)
  const back = app('b')
  dialogs.own('d', back)
  t.equal(dialogs.owner('d'), back)
  dialogs.end('d')
  t.equal(dialogs.owner('d'), undefined)
})

t.test('the listener of a dialog stays when its application changes', async t => {
  const dialogs = new Dialogs(10)
  const address = { host: '127.0.0.1', port: 5060 }
  const face = { name: 'trunk', transport: 'udp', bound: address, advertised: address } as const
  dialogs.own('d', app('a'), face)
  dialogs.own('d', app('b'))
  t.equal(dialogs.face('d'), face)
})

t.test('the oldest dialog is forgotten above the limit', async t => {
  const dialogs = new Dialogs(2)
  for (const id of ['1', '2', '3']) dialogs.own(id, app('a'))
  t.equal(dialogs.size, 2)
  t.equal(dialogs.owner('1'), undefined)
  t.ok(dialogs.owner('3'))
})

t.test('a connection is found by its peer until it closes', async t => {
  const flows = new Flows()
  flows.seen(source({ transport: 'wss', flow: 'f1', listener: 'agents' }))
  t.strictSame(flows.at('192.0.2.9', 5062), { id: 'f1', transport: 'wss', listener: 'agents' })
  t.equal(flows.at('192.0.2.9', 5063), undefined)
  flows.closed('f1')
  t.equal(flows.at('192.0.2.9', 5062), undefined)
})

t.test('the end of an old connection does not hide the new one from the same port', async t => {
  const flows = new Flows()
  for (const flow of ['f1', 'f2']) flows.seen(source({ transport: 'tcp', flow }))
  flows.closed('f1')
  t.equal(flows.at('192.0.2.9', 5062)?.id, 'f2')
})

t.test('UDP has no connections', async t => {
  const flows = new Flows()
  flows.seen(source())
  t.equal(flows.at('192.0.2.9', 5062), undefined)
})

t.test('a task that is given by a task waits for its end', async t => {
  const inTurn = createSerial(() => t.fail('no task throws'))
  const done: string[] = []
  inTurn(() => {
    inTurn(() => {
      inTurn(() => done.push('third'))
      done.push('second')
    })
    done.push('first')
  })
  t.strictSame(done, ['first', 'second', 'third'])
})

t.test('a task that throws does not stop those after it', async t => {
  const failures: unknown[] = []
  const inTurn = createSerial(cause => failures.push(cause))
  let ran = false
  inTurn(() => {
    inTurn(() => {
      ran = true
    })
    throw new Error('broken')
  })
  t.ok(ran)
  t.match(failures, [{ message: 'broken' }])
})
