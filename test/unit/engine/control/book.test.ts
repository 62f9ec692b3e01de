import t from 'tap'
import type { App } from '../../../../engine/control/book.ts'
import { Dialogs } from '../../../../engine/control/dialogs.ts'
import { Flows } from '../../../../engine/control/flows.ts'
import { Routes } from '../../../../engine/control/routes.ts'
import { createSerial } from '../../../../engine/control/serial.ts'
import { source } from '../../../support/fake-engine.ts'

const app = (name: string, tags: readonly string[] = [], alive = true): App => ({
  name,
  tags,
  alive,
  send: () => undefined,
})
const [a, b, c] = [app('a'), app('b'), app('c')]

t.test('each method has its own round robin', async t => {
  const routes = new Routes()
  for (const one of [a, b, c]) routes.add('invite', one)
  routes.add('register', a)
  const turns = Array.from({ length: 6 }, () => routes.next('INVITE'))
  t.strictSame(new Set(turns), new Set([a, b, c]))
  t.strictSame(turns.slice(3), turns.slice(0, 3))
  t.equal(routes.next('REGISTER'), a)
  t.equal(routes.next('BYE'), undefined)
})

t.test('routing twice gives no second share', async t => {
  const routes = new Routes()
  for (const one of [a, b, a, a]) routes.add('invite', one)
  t.strictSame([routes.next('INVITE'), routes.next('INVITE'), routes.next('INVITE')], [b, a, b])
})

t.test('removing one method leaves the others, dropping an application removes all', async t => {
  const routes = new Routes()
  for (const verb of ['invite', 'register']) for (const one of [a, b]) routes.add(verb, one)
  routes.remove('invite', a)
  t.strictSame([routes.next('INVITE'), routes.next('INVITE')], [b, b])
  routes.drop(b)
  t.equal(routes.next('INVITE'), undefined)
  t.strictSame([routes.next('REGISTER'), routes.next('REGISTER')], [a, a])
})

t.test('what an application has left behind goes to one with its tags', async t => {
  const routes = new Routes()
  const [ivr, other, both] = [app('ivr', ['ivr']), app('other', ['door']), app('both', ['x', 'ivr'])]
  for (const one of [a, ivr, other, both]) routes.add('invite', one)
  const gone = app('gone', ['ivr', 'y'], false)
  const heirs = [routes.heir(gone, 'BYE'), routes.heir(gone, 'BYE'), routes.heir(gone, 'BYE')]
  t.strictSame(new Set(heirs), new Set([ivr, both]), 'in turn')
  t.equal(routes.heir(app('gone', ['z'], false), 'BYE'), undefined, 'nobody else understands it')
  t.equal(routes.heir(app('gone', [], false), 'BYE'), a, 'without tags to one without tags')
  routes.drop(a)
  t.ok(routes.heir(undefined, 'BYE'), 'or else to any')
  routes.add('bye', other)
  t.equal(routes.heir(undefined, 'BYE'), other, 'who wants the method goes first')
})

t.test('a dialog remembers its application when that is gone, and what is known of its peer', async t => {
  const dialogs = new Dialogs(10)
  const gone = app('a', [], false)
  const address = { host: '127.0.0.1', port: 5060 }
  const face = { name: 'trunk', transport: 'udp', bound: address, advertised: address } as const
  dialogs.own('d', gone, { face, contact: 'sip:x' })
  t.equal(dialogs.owner('d'), gone)
  dialogs.own('d', b, { flow: 'f1' })
  t.equal(dialogs.owner('d'), b)
  t.match(dialogs.facts('d'), { face, contact: 'sip:x', flow: 'f1' })
  dialogs.end('d')
  t.equal(dialogs.owner('d'), undefined)
  t.strictSame(dialogs.facts('d'), {})
})

t.test('the dialogs over a connection are known until they move or end', async t => {
  const dialogs = new Dialogs(2)
  for (const id of ['1', '2']) dialogs.own(id, a, { flow: 'f1' })
  t.strictSame(dialogs.over('f1'), ['1', '2'])
  dialogs.own('1', a)
  t.strictSame(dialogs.over('f1'), ['1', '2'], 'no news leaves it where it is')
  dialogs.own('1', a, { flow: 'f2' })
  t.strictSame([dialogs.over('f1'), dialogs.over('f2')], [['2'], ['1']])
  dialogs.own('3', a)
  t.strictSame(dialogs.over('f2'), [], 'forgotten above the limit')
  dialogs.end('2')
  t.strictSame(dialogs.over('f1'), [])
})

t.test('the oldest dialog is forgotten above the limit', async t => {
  const dialogs = new Dialogs(2)
  for (const id of ['1', '2', '3']) dialogs.own(id, a)
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
