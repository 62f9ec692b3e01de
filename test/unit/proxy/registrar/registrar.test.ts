import t from 'tap'
import { Headers } from '../../../../engine/message/headers.ts'
import type { HeaderLine, SipRequest } from '../../../../engine/message/message.ts'
import type { Bindings } from '../../../../proxy/ports.ts'
import { createRegistrar, type Registrar } from '../../../../proxy/registrar/registrar.ts'
import type { Binding } from '../../../../selector/store/store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

function memoryBindings(): Bindings {
  let all: Binding[] = []
  return {
    put: async binding => {
      all = [...all.filter(known => known.contact !== binding.contact), binding]
    },
    of: async agent => all.filter(binding => binding.agent === agent),
    remove: async (agent, contact) => {
      all = all.filter(known => known.agent !== agent || known.contact !== contact)
    },
  }
}

function registrar(chance = 0): { door: Registrar; bindings: Bindings; clock: ManualClock } {
  const bindings = memoryBindings()
  const clock = new ManualClock()
  const door = createRegistrar({
    bindings,
    clock,
    door: 'door-1',
    domain: 'portico.test',
    minSec: 60,
    maxSec: 600,
    maxContacts: 2,
    chance: () => chance,
  })
  return { door, bindings, clock }
}

let count = 0

/** A REGISTER of a phone that never sent one before. */
function register(...lines: HeaderLine[]): SipRequest {
  return registerOf(`call-${++count}`, 1, ...lines)
}

function registerOf(callId: string, cseq: number, ...lines: HeaderLine[]): SipRequest {
  const headers = new Headers([
    ['To', '<sip:1001@portico.test>'],
    ['Call-ID', callId],
    ['CSeq', `${cseq} REGISTER`],
    ...lines,
  ])
  return { kind: 'request', method: 'REGISTER', uri: 'sip:portico.test', headers, body: Buffer.alloc(0) }
}

function phone(uri: string, instance: string, regId: number): HeaderLine {
  return ['Contact', `<${uri}>;+sip.instance="<urn:uuid:${instance}>";reg-id=${regId}`]
}

const contact: HeaderLine = ['Contact', '<sip:abc@x.invalid;transport=ws>;expires=300']

t.test('a contact is bound to its connection and listed with the time it has left', async t => {
  const { door, bindings, clock } = registrar()
  const { status, headers } = await door.register('1001', 'flow-1', register(contact))
  t.equal(status, 200)
  t.strictSame(headers, [['Contact', '<sip:abc@x.invalid;transport=ws>;expires=300']])
  t.match(await bindings.of('1001'), [{ flow: 'flow-1', door: 'door-1', expiresAt: clock.wall() + 300_000 }])
})

t.test('an agent may not register for another', async t => {
  const { door, bindings } = registrar()
  t.equal((await door.register('1002', 'flow-1', register(contact))).status, 403)
  t.strictSame(await bindings.of('1001'), [])
})

t.test('a registration that is too brief is refused with the shortest one (RFC 3261 §10.3)', async t => {
  const { door } = registrar()
  const answer = await door.register('1001', 'f', register(['Contact', '<sip:a@b>;expires=5']))
  t.strictSame(answer, { status: 423, headers: [['Min-Expires', '60']] })
})

t.test('a longer registration than allowed is cut', async t => {
  const { door } = registrar()
  const { headers } = await door.register(
    '1001',
    'f',
    register(['Contact', '<sip:a@b>'], ['Expires', '99999']),
  )
  t.strictSame(headers, [['Contact', '<sip:a@b>;expires=600']])
})

t.test('expires=0 removes one contact, a star removes all', async t => {
  const { door, bindings } = registrar()
  await door.register('1001', 'f', register(['Contact', '<sip:a@b>, <sip:c@d>']))
  await door.register('1001', 'f', register(['Contact', '<sip:a@b>;expires=0']))
  t.match(await bindings.of('1001'), [{ contact: 'sip:c@d' }])
  t.equal((await door.register('1001', 'f', register(['Contact', '*'], ['Expires', '0']))).status, 200)
  t.strictSame(await bindings.of('1001'), [])
})

const senseless: readonly HeaderLine[][] = [
  [['Contact', '*']],
  [
    ['Contact', '*, <sip:a@b>'],
    ['Expires', '0'],
  ],
  [['Contact', '<<<']],
  [['Contact', `<sip:${'a'.repeat(600)}@b>`]],
]
for (const lines of senseless) {
  t.test(`${JSON.stringify(lines)} is refused as malformed`, async t => {
    t.equal((await registrar().door.register('1001', 'f', register(...lines))).status, 400)
  })
}

t.test('an agent has a bounded number of contacts', async t => {
  const { door } = registrar()
  await door.register('1001', 'f', register(['Contact', '<sip:a@b>, <sip:c@d>']))
  t.equal((await door.register('1001', 'f', register(['Contact', '<sip:e@f>']))).status, 403)
  t.equal((await door.register('1001', 'f', register(['Contact', '<sip:a@b>']))).status, 200)
})

t.test('a REGISTER without Contact asks what is bound', async t => {
  const { door } = registrar()
  await door.register('1001', 'f', register(contact))
  t.strictSame((await door.register('1001', 'f', register())).headers, [contact])
})

t.test('an agent may not register at another domain', async t => {
  const { door } = registrar()
  const request = { ...register(), headers: new Headers([['To', '<sip:1001@elsewhere.test>'], contact]) }
  t.equal((await door.register('1001', 'f', request)).status, 403)
})

t.test('the same phone with a new Contact replaces its old one (RFC 5626 §6)', async t => {
  const { door, bindings } = registrar()
  await door.register('1001', 'flow-1', register(phone('sip:old@x', '1', 1)))
  const { status, headers } = await door.register('1001', 'flow-2', register(phone('sip:new@x', '1', 1)))
  t.equal(status, 200)
  t.strictSame(headers, [
    ['Contact', '<sip:new@x>;expires=600;+sip.instance="<urn:uuid:1>";reg-id=1'],
    ['Require', 'outbound'],
  ])
  await door.register('1001', 'flow-3', register(phone('sip:other@x', '1', 2)))
  t.match(await bindings.of('1001'), [
    { contact: 'sip:new@x', flow: 'flow-2' },
    { contact: 'sip:other@x', flow: 'flow-3' },
  ])
  const full = await door.register('1001', 'flow-4', register(phone('sip:more@x', '2', 1)))
  t.equal(full.status, 403, 'another phone is one more')
  const moved = await door.register('1001', 'flow-4', register(phone('sip:more@x', '1', 1)))
  t.equal(moved.status, 200, 'the same phone is not')
})

t.test('one REGISTER is for one connection of a phone (RFC 5626 §6)', async t => {
  const two = '<sip:a@b>;+sip.instance="<urn:x>";reg-id=1, <sip:c@d>;+sip.instance="<urn:x>";reg-id=2'
  t.equal((await registrar().door.register('1001', 'f', register(['Contact', two]))).status, 400)
})

t.test('a REGISTER that was overtaken changes nothing (RFC 3261 §10.3)', async t => {
  const { door, bindings } = registrar()
  await door.register('1001', 'f', registerOf('call', 2, contact))
  const late = registerOf('call', 1, ['Contact', '<sip:abc@x.invalid;transport=ws>;expires=0'])
  t.equal((await door.register('1001', 'f', late)).status, 500)
  t.equal((await bindings.of('1001')).length, 1)
  t.equal((await door.register('1001', 'f', registerOf('call', 3, contact))).status, 200)
})

t.test('registrations are shortened by up to a tenth, so that refreshes spread', async t => {
  const { door } = registrar(0.5)
  t.match((await door.register('1001', 'f', register(contact))).headers, [['Contact', /expires=285$/]])
  const shortest = await door.register('1001', 'f', register(['Contact', '<sip:a@b>;expires=60']))
  t.match(shortest.headers, [{}, ['Contact', /expires=60$/]], 'but never below the shortest')
})

t.test('a registration ends with the credentials that it was made with', async t => {
  const { door, clock } = registrar()
  const { headers } = await door.register('1001', 'f', register(contact), clock.wall() + 20_000)
  t.match(headers, [['Contact', /expires=20$/]])
})

t.test('what was bound over a connection goes with it, unless it has moved', async t => {
  const { door, bindings } = registrar()
  await door.register('1001', 'flow-1', register(['Contact', '<sip:a@b>, <sip:c@d>']))
  await door.register('1001', 'flow-2', register(['Contact', '<sip:c@d>']))
  await door.flowClosed('1001', 'flow-1')
  t.match(await bindings.of('1001'), [{ contact: 'sip:c@d', flow: 'flow-2' }])
})
