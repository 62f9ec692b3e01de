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

function registrar(): { door: Registrar; bindings: Bindings; clock: ManualClock } {
  const bindings = memoryBindings()
  const clock = new ManualClock()
  const door = createRegistrar({ bindings, clock, door: 'door-1', minSec: 60, maxSec: 600, maxContacts: 2 })
  return { door, bindings, clock }
}

function register(...lines: HeaderLine[]): SipRequest {
  const headers = new Headers([['To', '<sip:1001@portico.test>'], ...lines])
  return { kind: 'request', method: 'REGISTER', uri: 'sip:portico.test', headers, body: Buffer.alloc(0) }
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

t.test('what was bound over a connection goes with it, unless it has moved', async t => {
  const { door, bindings } = registrar()
  await door.register('1001', 'flow-1', register(['Contact', '<sip:a@b>, <sip:c@d>']))
  await door.register('1001', 'flow-2', register(['Contact', '<sip:c@d>']))
  await door.flowClosed('flow-1')
  t.match(await bindings.of('1001'), [{ contact: 'sip:c@d', flow: 'flow-2' }])
})
