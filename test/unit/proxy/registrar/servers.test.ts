import t from 'tap'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import type { Identity } from '../../../../proxy/registrar/authenticate.ts'
import { createServers, type Servers } from '../../../../proxy/registrar/servers.ts'
import { silentLog } from '../../../../runtime/log.ts'
import type { Claim } from '../../../../selector/domain/registration.ts'
import { RecordingEdge, requestEvent } from '../../../support/door-parts.ts'

interface World {
  readonly servers: Servers
  readonly edge: RecordingEdge
  readonly claimed: (readonly [claim: Claim, expiresSec: number])[]
  readonly gone: (readonly [id: string, host: string])[]
  /** Hands over a REGISTER of `ms-a` and gives back how it was answered. */
  readonly register: (
    contact: string,
    extra?: readonly HeaderLine[],
  ) => Promise<{ status: number; headers: readonly HeaderLine[] }>
}

const known: Identity = {
  kind: 'known',
  user: 'ms-a',
  credentials: { agent: 'ms-a', ha1: { md5: '', sha256: '' } },
}

function world(identity: Identity = known, kind: 'registered' | 'refused' = 'registered'): World {
  const edge = new RecordingEdge()
  const claimed: (readonly [Claim, number])[] = []
  const gone: (readonly [string, string])[] = []
  const servers = createServers({
    edge,
    isAllowed: address => address === '10.0.0.11',
    authenticator: { identify: async () => identity },
    claims: {
      register: async (claim, expiresSec) => {
        claimed.push([claim, expiresSec])
        return { kind }
      },
      unregister: async (id, host) => void gone.push([id, host]),
    },
    minSec: 10,
    maxSec: 60,
    log: silentLog,
  })
  let count = 0
  return {
    servers,
    edge,
    claimed,
    gone,
    async register(contact, extra = []) {
      count += 1
      const headers: readonly HeaderLine[] = [
        ['To', '<sip:ms-a@10.0.0.5>'],
        ...(contact === '' ? [] : [['Contact', contact] as const]),
        ...extra,
      ]
      const origin = { transport: 'udp', address: '10.0.0.11', port: 5060 } as const
      const facts = { transaction: `t-${count}`, uri: 'sip:10.0.0.5', headers, origin }
      const event = requestEvent('REGISTER', facts)
      if (event.kind === 'request') await servers.register(event)
      const answer = edge.responses.at(-1)
      return { status: answer?.status ?? 0, headers: answer?.headers ?? [] }
    },
  }
}

const full = '<sip:ms-a@10.0.0.11:5080>;x-ami=5039;x-max-agents=40;x-zone=fra1;expires=50'

t.test('a server is claimed with what its Contact says', async t => {
  const { register, claimed } = world()
  const { status, headers } = await register(full)
  t.equal(status, 200)
  t.strictSame(headers, [['Contact', '<sip:ms-a@10.0.0.11:5080>;expires=50']])
  t.strictSame(claimed, [
    [
      {
        id: 'ms-a',
        host: '10.0.0.11',
        sip: { port: 5080, transport: 'udp' },
        amiPort: 5039,
        capacity: 40,
        zone: 'fra1',
      },
      50,
    ],
  ])
})

t.test('its address is where it was heard from, whatever its Contact claims', async t => {
  const { register, claimed } = world()
  await register('<sip:ms-a@192.0.2.66>;expires=50')
  t.match(claimed, [[{ host: '10.0.0.11', sip: { port: 5060 }, amiPort: 5038 }, 50]])
})

t.test('a long registration is cut, a short one refused', async t => {
  const { register, claimed } = world()
  t.match(await register('<sip:ms-a@10.0.0.11>;expires=3600'), {
    status: 200,
    headers: [['Contact', '<sip:ms-a@10.0.0.11>;expires=60']],
  })
  t.match(await register('<sip:ms-a@10.0.0.11>;expires=5'), {
    status: 423,
    headers: [['Min-Expires', '10']],
  })
  t.equal(claimed.length, 1)
})

for (const [name, contact] of [
  ['its contact with no time', '<sip:ms-a@10.0.0.11>;expires=0'],
  ['every contact', '*'],
] as const) {
  t.test(`a server that registers ${name} says that it goes`, async t => {
    const { register, gone, claimed } = world()
    t.equal((await register(contact, [['Expires', '0']])).status, 200)
    t.strictSame([gone, claimed], [[['ms-a', '10.0.0.11']], []])
  })
}

for (const [name, contact] of [
  ['no Contact', ''],
  ['two Contacts', '<sip:ms-a@10.0.0.11>, <sip:ms-a@10.0.0.12>'],
  ['a port that is none', '<sip:ms-a@10.0.0.11>;x-ami=70000'],
  ['a capacity that is none', '<sip:ms-a@10.0.0.11>;x-max-agents=many'],
  ['a capacity of nobody', '<sip:ms-a@10.0.0.11>;x-max-agents=0'],
  ['a zone that is none', '<sip:ms-a@10.0.0.11>;x-zone="a b"'],
] as const) {
  t.test(`${name} makes no sense`, async t => {
    const { register, claimed } = world()
    t.equal((await register(contact)).status, 400)
    t.strictSame(claimed, [])
  })
}

t.test('nobody registers another than itself', async t => {
  const { register, claimed } = world({ ...known, user: 'ms-b' })
  t.equal((await register(full)).status, 403)
  t.strictSame(claimed, [])
})

t.test('a claim that is not believed is refused', async t => {
  t.equal((await world(known, 'refused').register(full)).status, 403)
})

for (const [identity, status] of [
  [{ kind: 'challenge', headers: [['WWW-Authenticate', 'Digest x']] }, 401],
  [{ kind: 'malformed' }, 400],
  [{ kind: 'slowed', waitMs: 1_500 }, 503],
] as const) {
  t.test(`whose proof is ${identity.kind} gets ${status} and is not heard`, async t => {
    const { register, claimed } = world(identity)
    t.equal((await register(full)).status, status)
    t.strictSame(claimed, [])
  })
}

t.test('only addresses of the list may register', async t => {
  const { servers } = world()
  t.ok(servers.mayRegister('10.0.0.11'))
  t.notOk(servers.mayRegister('10.0.0.12'))
})
