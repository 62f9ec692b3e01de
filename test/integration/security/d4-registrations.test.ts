// D4: an agent registers itself and nobody else. What one agent does to registrations never touches those of another.
import t, { type Test } from 'tap'
import { phone, type Phone } from '../../support/attack/phone.ts'
import type { RequestText } from '../../support/attack/text.ts'
import { domain, openDoor, type OpenDoor } from '../../support/open-door.ts'
import { statusOf } from '../../support/sip-text.ts'

const contact = '<sip:device@k7.invalid;transport=ws>'

interface Two {
  readonly door: OpenDoor
  readonly thief: Phone
}

/** Agent 1001 is registered; 1002 is connected. */
async function two(t: Test): Promise<Two> {
  const door = await openDoor(t)
  const victim = await phone(t, door)
  t.equal(statusOf(await victim.prove('REGISTER', {}, { headers: [['Contact', contact]] })), 200)
  return { door, thief: await phone(t, door, '1002') }
}

const victimUri = `sip:1001@${domain}`
const attacks: readonly (readonly [string, RequestText, readonly number[]])[] = [
  ['a contact for the other', { to: victimUri, headers: [['Contact', '<sip:x@y.invalid>']] }, [403]],
  ['the other’s name as sender', { to: victimUri, from: victimUri, headers: [['Contact', contact]] }, [403]],
  [
    'a star for the other',
    {
      to: victimUri,
      headers: [
        ['Contact', '*'],
        ['Expires', '0'],
      ],
    },
    [403],
  ],
  [
    'a star for itself',
    {
      headers: [
        ['Contact', '*'],
        ['Expires', '0'],
      ],
    },
    [200],
  ],
  ['the other’s contact with expires 0', { headers: [['Contact', `${contact};expires=0`]] }, [200]],
  ['the other’s contact as its own', { headers: [['Contact', contact]] }, [200]],
  ['the other’s address as contact', { headers: [['Contact', `<${victimUri}>`]] }, [403]],
  [
    'a star that does not expire',
    {
      headers: [
        ['Contact', '*'],
        ['Expires', '60'],
      ],
    },
    [400],
  ],
  ['an expiry that is no number', { headers: [['Contact', `${contact};expires=-1`]] }, [200]],
  ['an expiry beyond all bounds', { headers: [['Contact', `${contact};expires=99999999999`]] }, [200]],
]
for (const [name, request, statuses] of attacks) {
  t.test(`another agent’s registration survives ${name}`, async t => {
    const { door, thief } = await two(t)
    const before = await door.store.bindings.of('1001')
    t.equal(before.length, 1)
    t.ok(statuses.includes(statusOf(await thief.prove('REGISTER', {}, request))))
    t.strictSame(await door.store.bindings.of('1001'), before)
    const longest = door.config.agents.registerMaxSec * 1000
    for (const { expiresAt } of await door.store.bindings.of('1002'))
      t.ok(expiresAt <= Date.now() + longest, 'and none lasts longer than is granted')
  })
}

t.test('a connection that spoke for one agent does not speak for another', async t => {
  const { door, thief } = await two(t)
  t.equal(statusOf(await thief.prove('REGISTER', {})), 200)
  const own = { from: victimUri, to: victimUri }
  t.equal(statusOf(await thief.prove('REGISTER', { user: '1001' }, own)), 403)
  t.equal((await door.store.bindings.of('1001')).length, 1)
})

t.test('an agent has five contacts at most, and the oldest stay', async t => {
  const { door, thief } = await two(t)
  const statuses = []
  for (let count = 1; count <= 6; count++) {
    const headers = [['Contact', `<sip:d${count}@k7.invalid;transport=ws>`]] as const
    statuses.push(statusOf(await thief.prove('REGISTER', {}, { headers })))
  }
  t.strictSame(statuses, [200, 200, 200, 200, 200, 403])
  t.equal((await door.store.bindings.of('1002')).length, 5)
})
