import t from 'tap'
import type { DoorParts } from '../../support/door-parts.ts'
import { doorParts, origins, requestEvent, responseEvent } from '../../support/door-parts.ts'

const from1001 = [
  ['From', '<sip:1001@portico.test>;tag=a'],
  ['X-Agent', '1001'],
] as const

/** Brings agent 1001 into its conference; the two dialogs are `dialog-t1` and `b`. */
/** A connection of another door. */
const far = { flow: 'far-1', at: 'd2' }

async function agentIn(parts: DoorParts): Promise<void> {
  await parts.tell(requestEvent('INVITE', { origin: origins.agent, headers: from1001, sdp: 'o=a' }))
  const branch = parts.edge.requests[0]?.transaction ?? ''
  await parts.tell(responseEvent(branch, 200, 'b', 'o=b'))
}

t.test('who is neither agent, trunk nor media server gets 403 for whatever it sends', async t => {
  const parts = doorParts()
  for (const method of ['INVITE', 'REGISTER', 'OPTIONS', 'MESSAGE', 'BYE']) {
    await parts.tell(requestEvent(method, { origin: origins.stranger, transaction: method }))
    t.strictSame(parts.statuses(method), [403], method)
  }
  t.strictSame(parts.edge.requests, [], 'and nothing goes further')
})

t.test('an agent must prove who it is, and be who it says', async t => {
  const parts = doorParts()
  await parts.tell(requestEvent('INVITE', { origin: origins.agent, transaction: 'anonymous', sdp: 'o=a' }))
  t.strictSame(parts.statuses('anonymous'), [401])
  const claims = [
    ['From', '<sip:1002@portico.test>;tag=a'],
    ['X-Agent', '1001'],
  ] as const
  await parts.tell(
    requestEvent('INVITE', { origin: origins.agent, transaction: 'other', headers: claims, sdp: 'o=a' }),
  )
  t.strictSame(parts.statuses('other'), [403])
  const another = [
    ['From', '<sip:1003@portico.test>;tag=a'],
    ['X-Agent', '1003'],
  ] as const
  await parts.tell(
    requestEvent('INVITE', { origin: origins.agent, transaction: 'third', headers: another, sdp: 'o=a' }),
  )
  t.strictSame(parts.statuses('third'), [403], 'a connection speaks for one agent')
  t.strictSame(parts.edge.requests, [])
})

t.test('an agent is put into its conference, and told nothing of where that is', async t => {
  const parts = doorParts()
  await agentIn(parts)
  t.match(parts.edge.requests, [
    {
      method: 'INVITE',
      uri: 'sip:agt-1001@127.0.1.1:5060;transport=udp',
      side: 'inside',
      body: { content: 'o=a' },
    },
  ])
  t.match(new Map(parts.edge.requests[0]?.headers), new Map([['Max-Forwards', '69']]))
  t.strictSame(parts.statuses('t1'), [200])
  t.strictSame(parts.edge.acknowledged, ['b'])
  t.equal(parts.pins.get('1001'), 'ms-1')
})

t.test(
  'a client follows its agent; without one it hears 480, and 404 for what no agent is called',
  async t => {
    const parts = doorParts()
    const call = (transaction: string, uri: string) =>
      parts.tell(requestEvent('INVITE', { origin: origins.trunk, transaction, uri, sdp: 'o=c' }))
    await call('away', 'sip:1001@door')
    t.strictSame(parts.statuses('away'), [480])
    await call('nobody', 'sip:not!one@door')
    t.strictSame(parts.statuses('nobody'), [404])
    parts.pins.set('1001', 'ms-1')
    await call('there', 'sip:1001@door')
    t.match(parts.edge.requests, [{ method: 'INVITE', uri: 'sip:cli-1001@127.0.1.1:5060;transport=udp' }])
  },
)

t.test('a media server registers on the inside face only', async t => {
  const registered: string[] = []
  const parts = doorParts({
    servers: {
      mayRegister: address => address === origins.server.address,
      register: async ({ transaction }) => void registered.push(transaction),
    },
  })
  for (const side of ['trunk', 'inside'] as const) {
    await parts.tell(
      requestEvent('REGISTER', { origin: { ...origins.server, side }, transaction: `by-${side}` }),
    )
  }
  t.strictSame(registered, ['by-inside'])
  t.strictSame(parts.statuses('by-trunk'), [403])
})

t.test('a client that shows a token of its agent’s pin is brought to that place', async t => {
  const parts = doorParts()
  const call = (transaction: string, uri: string) =>
    parts.tell(requestEvent('INVITE', { origin: origins.trunk, transaction, uri, sdp: 'o=c' }))
  await call('other', 'sip:1001@door;portico-pin=token-of-1002')
  t.strictSame(parts.statuses('other'), [480])
  await call('own', 'sip:1001@door;portico-pin=token-of-1001')
  t.match(
    parts.edge.requests,
    [{ uri: 'sip:cli-1001@127.0.1.1:5060;transport=udp' }],
    'which goes no further',
  )
})

t.test('what the door takes no part in is refused with what it does', async t => {
  const parts = doorParts()
  await parts.tell(requestEvent('SUBSCRIBE', { origin: origins.trunk }))
  t.match(parts.edge.responses, [{ status: 405, headers: [['Allow', /INVITE/]] }])
  await parts.tell(requestEvent('MESSAGE', { origin: origins.server, transaction: 't2' }))
  t.strictSame(parts.statuses('t2'), [405])
})

t.test('an INVITE that cannot be served is refused before anybody is asked', async t => {
  const parts = doorParts({ calls: 0 })
  parts.pins.set('1001', 'ms-1')
  const full = { origin: origins.trunk, transaction: 'full', uri: 'sip:1001@door', sdp: 'o=c' }
  await parts.tell(requestEvent('INVITE', full))
  t.strictSame(parts.statuses('full'), [503])
  const open = doorParts()
  open.pins.set('1001', 'ms-1')
  const text = [['Content-Type', 'text/plain']] as const
  const strange = { origin: origins.trunk, transaction: 'strange', uri: 'sip:1001@door', headers: text }
  await open.tell(requestEvent('INVITE', { ...strange, body: 'hello' }))
  t.strictSame(open.statuses('strange'), [415])
  const worn = {
    origin: origins.trunk,
    transaction: 'worn',
    uri: 'sip:1001@door',
    sdp: 'o=c',
    maxForwards: 1,
  }
  await open.tell(requestEvent('INVITE', worn))
  t.strictSame(open.statuses('worn'), [483], 'RFC 3261 §16.3: a request that has no hop left goes no further')
})

t.test('inside a call only its own parties are heard', async t => {
  const parts = doorParts()
  await agentIn(parts)
  await parts.tell(requestEvent('BYE', { origin: origins.stranger, dialog: 'b', transaction: 'x1' }))
  await parts.tell(requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-t1', transaction: 'x2' }))
  await parts.tell(
    requestEvent('BYE', { origin: origins.agentAgain, dialog: 'dialog-t1', transaction: 'x3' }),
  )
  t.strictSame([parts.statuses('x1'), parts.statuses('x2'), parts.statuses('x3')], [[403], [403], [401]])
  await parts.tell(requestEvent('BYE', { origin: origins.server, dialog: 'unknown', transaction: 'x4' }))
  t.strictSame(parts.statuses('x4'), [481])
  t.equal(parts.door.calls.size, 1, 'and the call goes on')
  await parts.tell(requestEvent('BYE', { origin: origins.server, dialog: 'b', transaction: 'x5' }))
  t.strictSame(parts.statuses('x5'), [200])
  t.equal(parts.door.calls.size, 0)
  t.match(parts.records, [{ verdict: 'server-hung-up', server: 'ms-1', agent: '1001' }])
})

t.test(
  'an agent whose connection was lost has its call again when it registers over another one',
  async t => {
    const parts = doorParts()
    await agentIn(parts)
    await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
    parts.clock.advance(20_000)
    const to = [['To', '<sip:1001@portico.test>']] as const
    const register = (transaction: string, headers: typeof from1001) =>
      parts.tell(
        requestEvent('REGISTER', { origin: origins.agentAgain, transaction, headers: [...headers, ...to] }),
      )
    await register('again', from1001)
    t.strictSame(parts.statuses('again'), [200])
    parts.clock.advance(20_000)
    t.equal(parts.door.calls.size, 1, 'the grace is over, and the call goes on')
    parts.door.hangUpAll()
    t.match(
      parts.edge.requests.filter(({ method }) => method === 'BYE'),
      [
        { dialog: 'dialog-t1', flow: 'flow-2' },
        { dialog: 'b', flow: undefined },
      ],
    )
  },
)

t.test('a BYE is heard before what comes after it', async t => {
  const parts = doorParts()
  await agentIn(parts)
  const note = {
    dialog: 'b',
    transaction: 'm1',
    headers: [['Content-Type', 'application/dtmf-relay']],
    body: 'Signal=5',
  } as const
  await parts.tell(requestEvent('INFO', { origin: origins.server, ...note }))
  const asked = parts.edge.requests.at(-1)
  t.match(asked, { method: 'INFO', dialog: 'dialog-t1' })
  // Both in one packet: the agent hung up, and has no such dialog any more.
  parts.door.receive(requestEvent('BYE', { origin: origins.agent, dialog: 'dialog-t1', transaction: 'x1' }))
  await parts.tell(responseEvent(asked?.transaction ?? '', 481))
  t.strictSame(parts.statuses('x1'), [200])
  t.match(parts.records, [{ verdict: 'caller-hung-up' }])
})

t.test(
  'an agent that hangs up on another connection is answered, although its call has ended meanwhile',
  async t => {
    const parts = doorParts()
    await agentIn(parts)
    parts.door.receive(
      requestEvent('BYE', {
        origin: origins.agentAgain,
        dialog: 'dialog-t1',
        transaction: 'x1',
        headers: from1001,
      }),
    )
    parts.door.receive(requestEvent('BYE', { origin: origins.server, dialog: 'b', transaction: 'x2' }))
    await parts.tell(requestEvent('BYE', { origin: origins.server, dialog: 'b', transaction: 'x3' }))
    t.strictSame([parts.statuses('x1'), parts.statuses('x2'), parts.statuses('x3')], [[200], [200], [481]])
  },
)

t.test('an agent whose connection was lost takes its call over on another one, proven again', async t => {
  const parts = doorParts()
  await agentIn(parts)
  await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
  parts.clock.advance(20_000)
  const headers = from1001
  await parts.tell(
    requestEvent('INVITE', {
      origin: origins.agentAgain,
      dialog: 'dialog-t1',
      transaction: 'again',
      headers,
      sdp: 'o=a2',
    }),
  )
  parts.clock.advance(20_000)
  t.equal(parts.door.calls.size, 1, 'the grace is over, and the call goes on')
  t.match(parts.edge.requests.at(-1), { method: 'INVITE', dialog: 'b', body: { content: 'o=a2' } })
})

t.test('an agent whose connection was lost and that registers at another door is heard there', async t => {
  const parts = doorParts()
  await agentIn(parts)
  parts.door.agentFlows.registeredElsewhere('1001', far)
  t.strictSame(parts.told, [], 'nothing is taken from a connection that is there')
  await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
  parts.door.agentFlows.registeredElsewhere('1002', far)
  parts.door.agentFlows.registeredElsewhere('1001', far)
  t.strictSame(parts.told, ['claim far-1'])
  parts.clock.advance(40_000)
  t.equal(parts.door.calls.size, 1, 'the grace is over, and the call goes on')
  parts.door.hangUpAll()
  t.match(
    parts.edge.requests.filter(({ method }) => method === 'BYE'),
    [{ dialog: 'dialog-t1', flow: 'far-1' }, { dialog: 'b' }],
  )
})

t.test('a request at another door is claimed when it is in the dialog of an agent here', async t => {
  const parts = doorParts()
  await agentIn(parts)
  parts.door.agentFlows.claim(['dialog-t9', 'b'], far)
  t.strictSame(parts.told, [], 'and not that of a media server')
  parts.door.agentFlows.claim(['dialog-t9', 'dialog-t1'], far)
  t.strictSame(parts.told, ['claim far-1'])
  await parts.tell(
    requestEvent('BYE', {
      origin: { ...origins.agentAgain, flow: 'far-1' },
      dialog: 'dialog-t1',
      transaction: 'x1',
    }),
  )
  t.strictSame(parts.statuses('x1'), [401], 'which it has to prove there')
})

t.test('an agent who does not come back in time is let go', async t => {
  const parts = doorParts()
  await agentIn(parts)
  await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
  parts.clock.advance(30_000)
  t.equal(parts.door.calls.size, 0)
  t.match(parts.records, [{ verdict: 'flow-lost' }])
  t.notOk(parts.pins.has('1001'))
})

t.test(
  'a CANCEL that comes while the door finds out who calls ends the call before anybody is asked',
  async t => {
    const parts = doorParts()
    parts.door.receive(requestEvent('INVITE', { origin: origins.agent, headers: from1001, sdp: 'o=a' }))
    await parts.tell({ kind: 'cancel', transaction: 't1' })
    t.strictSame(parts.edge.requests, [])
    t.equal(parts.door.calls.size, 0)
    t.match(parts.records, [{ verdict: 'cancelled', status: 487 }])
    await parts.tell({ kind: 'cancel', transaction: 't1' })
    t.equal(parts.records.length, 1)
  },
)

t.test('a CANCEL reaches the media server, and what it still answers is ended', async t => {
  const parts = doorParts()
  await parts.tell(requestEvent('INVITE', { origin: origins.agent, headers: from1001, sdp: 'o=a' }))
  const branch = parts.edge.requests[0]?.transaction ?? ''
  await parts.tell({ kind: 'cancel', transaction: 't1' })
  t.strictSame(parts.edge.cancelled, [branch])
  await parts.tell(responseEvent(branch, 200, 'late', 'o=b'))
  t.strictSame(parts.edge.acknowledged, ['late'])
  t.match(parts.edge.requests.at(-1), { method: 'BYE', dialog: 'late' })
})

t.test('without an anchor for their media the calls of a dead server end on both sides', async t => {
  const parts = doorParts()
  await agentIn(parts)
  await parts.door.serverLost('ms-2')
  t.equal(parts.door.calls.size, 1)
  await parts.door.serverLost('ms-1')
  t.match(
    parts.edge.requests.slice(1).map(({ method, dialog }) => `${method} ${dialog}`),
    ['BYE dialog-t1', 'BYE b'],
  )
  t.match(parts.records, [{ verdict: 'server-lost' }])
})

t.test('a closing door ends every call', async t => {
  const parts = doorParts()
  await agentIn(parts)
  parts.door.hangUpAll()
  t.match(parts.records, [{ verdict: 'ended-by-operator' }])
  t.equal(parts.door.calls.size, 0)
})
