import t from 'tap'
import type { Call } from '../../../../proxy/call/call.ts'
import { CallSession } from '../../../../proxy/call/call-session.ts'
import { Calls } from '../../../../proxy/call/calls.ts'
import { Mover, prepare, switchOver } from '../../../../proxy/call/mover.ts'
import { directMedia } from '../../../../proxy/media/direct.ts'
import type { CallRecord, Media, RequestOrder, SipEdge } from '../../../../proxy/ports.ts'
import { silentLog } from '../../../../runtime/log.ts'
import type { MediaServer } from '../../../../selector/domain/media-server.ts'
import type { Order, Orders, Session } from '../../../../selector/store/store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { agentCall, clientCall, server } from './fixtures.ts'

const servers = [1, 2, 3].map((n): MediaServer => {
  const { sip, ...rest } = server(`ms-${n}`)
  return { ...rest, sip: { ...sip, host: `127.0.1.${n}` } }
})
const [ms1, ms2] = servers
const agent: Call = { ...agentCall, id: 'a1', transaction: 'ta', dialog: 'da' }
const client: Call = {
  ...clientCall,
  id: 'c1',
  transaction: 'tc',
  dialog: 'dc',
  target: { kind: 'places', places: ms1 ? [{ kind: 'server', server: ms1 }] : [] },
}

/** A client of the agent at another door. */
const leg = { kind: 'client', agent: '1001', door: 'd2', state: 'up', since: 0 } as const

/** A description is no more than a name here. */
const echo = async ({ sdp }: { readonly sdp: string }): Promise<string> => sdp

/** An agent and a client that are up on ms-1, in a world where each server answers an INVITE with the status that `answers` has for it. */
async function world(calls: readonly Call[] = [agent, client]) {
  const index = new Calls()
  const clock = new ManualClock()
  const orders: RequestOrder[] = []
  const records: CallRecord[] = []
  const pins = new Map<string, string>()
  const answers = new Map<string, number>()
  /** Legs that are not taken: `agt-…@host`; `media`: no answer is. */
  const refusals = new Set<string>()
  /** How often clients come before their agent has entered the conference. */
  const early = { times: 0 }
  const answer = (order: RequestOrder): void => {
    const host = /@([^:]*)/.exec(order.uri ?? '')?.[1] ?? ''
    const isEarly = order.uri?.startsWith('sip:cli-') === true && early.times-- > 0
    const isRefused = [...refusals].some(place => order.uri?.startsWith(`sip:${place}`))
    const status = isEarly ? 486 : isRefused ? 503 : (answers.get(host) ?? 200)
    const made = status < 300 ? { dialog: `d-${order.transaction}` } : {}
    const body = { type: 'application/sdp', content: `o=${host}` }
    const { transaction } = order
    index
      .byOutgoing(transaction, true)
      ?.handle({ kind: 'response', transaction, status, local: false, body, ...made })
  }
  const edge: SipEdge = {
    start: async () => undefined,
    stop: async () => undefined,
    respond: () => undefined,
    request(order) {
      orders.push(order)
      if (order.method === 'INVITE') queueMicrotask(() => answer(order))
    },
    cancel: () => undefined,
    ack: () => undefined,
    closeFlow: () => undefined,
  }
  const switchTo: Media['answer'] = exchange =>
    refusals.has('media') ? Promise.reject(new Error('no answer')) : echo(exchange)
  const media: Media = { ...directMedia, anchors: true, invite: echo, offer: echo, answer: switchTo }
  const ports = {
    edge,
    media,
    placement: {
      place: async ({ exclude }: { readonly exclude: readonly string[] }) => {
        const found = servers.find(({ id }) => !exclude.includes(id))
        if (found) return { kind: 'placed', server: found } as const
        return { kind: 'none', reason: 'all-full', retryAfterSec: 5 } as const
      },
      release: async () => undefined,
      settled: async (order: { readonly agent: string; readonly server: string }) =>
        void pins.set(order.agent, order.server),
      left: async () => undefined,
      whereIs: async (who: string) => {
        const found = servers.find(({ id }) => id === pins.get(who))
        return found && { server: found, call: 'x' }
      },
      result: () => undefined,
    },
    peers: { result: () => undefined },
    callLog: {
      began: () => undefined,
      changed: () => undefined,
      over: (record: CallRecord) => void records.push(record),
    },
    clock,
    log: silentLog,
  }
  const elsewhere: Session[] = []
  /** What the other doors do of what they are told. */
  const others: { give: Orders['give'] } = { give: async () => undefined }
  const store = { sessions: { list: async () => elsewhere }, orders: others }
  const mover = new Mover({ calls: index, store, ...ports })
  const transfers = { transfer: async () => 200 }
  const sessions = calls.map(call => {
    const facts = { domain: 'portico.test', caller: { user: call.agent }, headers: [], maxForwards: 70 }
    const session = new CallSession(call, facts, undefined, { ...ports, homes: mover, transfers }, index)
    index.add(session)
    session.handle({ kind: 'began' })
    return session
  })
  await settle()
  orders.length = 0
  return { mover, sessions, orders, records, pins, answers, refusals, early, clock, elsewhere, others }
}

function company(order: RequestOrder | undefined): string | undefined {
  return order?.headers?.find(([name]) => name === 'X-Portico-Company')?.[1]
}

async function tenthsOfASecond(clock: ManualClock, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await settle().then(() => clock.advance(100))
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve()
}

t.test(
  'an agent and its client knock at the new server at once, each in the company of the other',
  async t => {
    const { mover, sessions, orders, pins } = await world()
    t.match(await mover.move({ agent: '1001' }), {
      kind: 'moved',
      server: { id: 'ms-2' },
      calls: ['a1', 'c1'],
    })
    t.strictSame(
      sessions.map(session => session.server),
      ['ms-2', 'ms-2'],
    )
    t.equal(pins.get('1001'), 'ms-2')
    t.match(
      orders.map(({ method, uri, dialog }) => `${method} ${uri ?? dialog}`),
      [
        /^INVITE sip:cli-1001@127\.0\.1\.2/,
        /^INVITE sip:agt-1001@127\.0\.1\.2/,
        'BYE d-a1-b1',
        'BYE d-c1-b1',
      ],
      'and nothing is sent to the outside',
    )
    t.strictSame(orders.slice(0, 2).map(company), ['1', '1'])
  },
)

t.test('an agent without clients is alone, and a client that comes after it looks for it', async t => {
  const { mover, orders } = await world([agent])
  await mover.move({ agent: '1001' })
  const later = await world([client])
  t.equal(ms2 && (await later.mover.follow('c1', ms2)), 'moved')
  t.strictSame([orders[0], later.orders[0]].map(company), [undefined, undefined])
})

t.test('an agent goes to the server that is named', async t => {
  const { mover } = await world()
  const to = servers[2]
  t.match(await mover.move({ agent: '1001', ...(to && { to }) }), { kind: 'moved', server: { id: 'ms-3' } })
})

t.test('a client at another door comes after its agent, and the order tells of both', async t => {
  const [here, there] = [await world([agent]), await world([client])]
  here.elsewhere.push({ ...leg, id: 'c1', server: 'ms-1' }, { ...leg, id: 'c9', server: 'ms-3' })
  const given: Order[] = []
  here.others.give = async order => {
    given.push(order)
    if (order.kind !== 'follow' || ms2 === undefined) return undefined
    const outcome = await there.mover.follow(order.call, ms2)
    return outcome === 'moved' ? { kind: 'done', calls: [order.call] } : undefined
  }
  t.match(await here.mover.move({ agent: '1001' }), {
    kind: 'moved',
    server: { id: 'ms-2' },
    calls: ['a1', 'c1'],
  })
  t.strictSame(given, [{ kind: 'follow', call: 'c1', server: 'ms-2' }], 'only who was with the agent follows')
  t.equal(there.sessions[0]?.server, 'ms-2')
  t.equal(await there.mover.follow('unknown', servers[1] ?? server('ms-2')), undefined)
})

t.test(
  'a client at another door that the new server does not take stays, and the order does not claim it',
  async t => {
    const [here, there] = [await world([agent]), await world([client])]
    here.elsewhere.push({ ...leg, id: 'c1', server: 'ms-1' })
    there.answers.set('127.0.1.2', 503)
    const outcomes: unknown[] = []
    here.others.give = async () => {
      outcomes.push(ms2 && (await there.mover.follow('c1', ms2)))
      return { kind: 'refused', reason: 'refused' }
    }
    const moving = here.mover.move({ agent: '1001' })
    for (let turn = 0; turn < 3; turn++) {
      await settle()
      here.clock.advance(500)
    }
    t.match(await moving, { kind: 'moved', calls: ['a1'] })
    t.strictSame(outcomes, ['stayed', 'stayed', 'stayed'])
    here.others.give = async () => Promise.reject(new Error('no store'))
    here.elsewhere.push({ ...leg, id: 'c2', server: 'ms-2' })
    t.match(
      await here.mover.move({ agent: '1001' }),
      { kind: 'moved', calls: ['a1'] },
      'nor does a store that is away stop it',
    )
  },
)

t.test('a server that does not take the agent is followed by the next one', async t => {
  const { mover, answers } = await world()
  answers.set('127.0.1.2', 503)
  t.match(await mover.move({ agent: '1001' }), { kind: 'moved', server: { id: 'ms-3' } })
})

t.test('where the agent is not taken its client has nothing to look for', async t => {
  for (const work of ['move', 'flee'] as const) {
    const { mover, sessions, orders, refusals } = await world()
    refusals.add('agt-1001@127.0.1.2')
    await (work === 'move' ? mover.move({ agent: '1001' }) : mover.flee('ms-1'))
    t.strictSame(
      sessions.map(({ server: on, state }) => `${on} ${state.kind}`),
      ['ms-3 up', 'ms-3 up'],
    )
    t.ok(
      orders.some(({ method, dialog }) => method === 'BYE' && dialog === 'd-c1-b2'),
      'its leg there is closed again',
    )
  }
})

t.test('a client that is on another way already is not called off it', async t => {
  const { mover, sessions, refusals, answers } = await world()
  const [, session] = sessions
  if (!ms2 || !session) throw new Error('the world has no second server or no client')
  t.equal(await prepare(session, ms2, false), 'ready')
  answers.set('127.0.1.3', 503)
  refusals.add('agt-1001@127.0.1.2')
  t.match(await mover.move({ agent: '1001' }), { kind: 'stayed' })
  t.equal(await switchOver(session), 'moved')
})

t.test('when no server takes the agent, everybody stays', async t => {
  const { mover, sessions, answers } = await world()
  answers.set('127.0.1.2', 503).set('127.0.1.3', 503)
  t.match(await mover.move({ agent: '1001' }), { kind: 'stayed', reason: 'no-server' })
  t.strictSame(
    sessions.map(({ server: on, state }) => `${on} ${state.kind}`),
    ['ms-1 up', 'ms-1 up'],
  )
})

t.test('who is where it shall go, and who is not here, stays', async t => {
  const { mover } = await world()
  t.strictSame(await mover.move({ agent: '1001', ...(ms1 && { to: ms1 }) }), {
    kind: 'stayed',
    reason: 'already-there',
  })
  t.strictSame(await mover.move({ agent: '1002' }), { kind: 'stayed', reason: 'no-agent' })
})

t.test('two orders for one agent are one move', async t => {
  const { mover, orders } = await world()
  const both = await Promise.all([mover.move({ agent: '1001' }), mover.move({ agent: '1001' })])
  t.equal(both[0], both[1])
  t.equal(orders.filter(({ method }) => method === 'INVITE').length, 2)
})

t.test('the calls of a dead server go on at another one', async t => {
  const { mover, sessions, records } = await world()
  await mover.flee('ms-1')
  t.strictSame(
    sessions.map(({ server: on, state }) => `${on} ${state.kind}`),
    ['ms-2 up', 'ms-2 up'],
  )
  t.strictSame(records, [])
})

t.test('a client that comes a moment before its agent is in the conference knocks again', async t => {
  for (const work of ['move', 'flee'] as const) {
    const { mover, sessions, early, clock } = await world()
    early.times = 2
    const done = work === 'move' ? mover.move({ agent: '1001' }) : mover.flee('ms-1')
    for (let turn = 0; turn < 3; turn++) {
      await settle()
      clock.advance(20)
    }
    await done
    t.strictSame(
      sessions.map(({ server: on, state }) => `${on} ${state.kind}`),
      ['ms-2 up', 'ms-2 up'],
    )
  }
})

t.test('the calls of a server that may only hang stay when there is no other', async t => {
  const { mover, sessions, answers, records, clock } = await world()
  answers.set('127.0.1.2', 503).set('127.0.1.3', 503)
  const fled = mover.flee('ms-1', 'or-stay')
  await tenthsOfASecond(clock, 70)
  await fled
  t.strictSame(
    sessions.map(({ server: on, state }) => `${on} ${state.kind}`),
    ['ms-1 up', 'ms-1 up'],
  )
  t.strictSame(records, [])
})

t.test('a lost server gets its BYEs when all calls are away from it', async t => {
  const { mover, orders, clock } = await world()
  await mover.flee('ms-1')
  const byes = (): readonly (string | undefined)[] =>
    orders.filter(({ method }) => method === 'BYE').map(({ dialog }) => dialog)
  t.strictSame(byes(), [])
  clock.advance(1_000)
  t.strictSame(byes(), ['d-a1-b1', 'd-c1-b1'])
})

t.test('those that find no other server are over', async t => {
  const { mover, sessions, answers, records, clock } = await world()
  answers.set('127.0.1.2', 503).set('127.0.1.3', 503)
  const fled = mover.flee('ms-1')
  await tenthsOfASecond(clock, 70)
  await fled
  t.strictSame(
    sessions.map(({ state }) => state.kind),
    ['over', 'over'],
  )
  t.strictSame(
    records.map(({ verdict }) => verdict),
    ['server-lost', 'server-lost'],
  )
})

t.test('calls that no other server takes at first are saved by one that does a moment later', async t => {
  const { mover, sessions, answers, records, clock } = await world()
  answers.set('127.0.1.2', 503).set('127.0.1.3', 503)
  const fled = mover.flee('ms-1')
  await settle()
  clock.advance(700)
  await settle()
  answers.clear()
  await tenthsOfASecond(clock, 20)
  await fled
  t.strictSame(
    sessions.map(({ server: on, state }) => `${on} ${state.kind}`),
    ['ms-2 up', 'ms-2 up'],
  )
  t.strictSame(records, [])
})

t.test('an agent whose media cannot be switched has not moved', async t => {
  const { mover, refusals } = await world()
  refusals.add('media')
  t.strictSame(await mover.move({ agent: '1001', isLost: true }), { kind: 'stayed', reason: 'refused' })
})

t.test('a client whose agent is at another door follows it as soon as it is somewhere else', async t => {
  const { mover, sessions, pins, clock } = await world([client])
  pins.set('1001', 'ms-1')
  const fled = mover.flee('ms-1')
  await settle()
  pins.set('1001', ms2?.id ?? '')
  clock.advance(100)
  await fled
  t.strictSame(
    sessions.map(({ server: on, state }) => `${on} ${state.kind}`),
    ['ms-2 up'],
  )
})

t.test('an agent without clients is moved so that a client can follow; one in a call is not', async t => {
  const idle = await world([agent])
  t.match(await idle.mover.rehome('1001', 'ms-1'), { kind: 'placed', server: { id: 'ms-2' } })
  const busy = await world()
  t.match(await busy.mover.rehome('1001', 'ms-1'), { kind: 'none' })
})

t.test('what fled from a server is to be hung up there when it returns, once', async t => {
  const { mover } = await world()
  await mover.flee('ms-1')
  t.strictSame(mover.leftOn('ms-1'), ['a1', 'c1'])
  t.strictSame(mover.leftOn('ms-1'), [])
  await mover.flee('ms-2')
  await mover.move({ agent: '1001', ...(ms2 && { to: ms2 }) })
  t.strictSame(mover.leftOn('ms-2'), [], 'but not what has come back to it')
})
