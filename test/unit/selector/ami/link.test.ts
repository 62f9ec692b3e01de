import { EventEmitter, once } from 'node:events'
import t, { type Test } from 'tap'
import { PorticoError } from '../../../../runtime/errors.ts'
import { silentLog, type Fields, type Log } from '../../../../runtime/log.ts'
import { backoffMs, createAmiLink, type AmiLink, type LinkEvent } from '../../../../selector/ami/link.ts'
import type { AmiAddress } from '../../../../selector/domain/media-server.ts'
import { block, FakeAmi, reply } from '../../../support/fake-ami.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

interface World {
  readonly ami: FakeAmi
  readonly clock: ManualClock
  readonly link: AmiLink
  readonly events: LinkEvent[]
  readonly said: [event: string, fields: Fields][]
  /** Resolves when that many events of a kind have come, with the last of them. */
  readonly heard: (kind: LinkEvent['kind'], times?: number) => Promise<LinkEvent>
}

/** A started link to a fake; both end with the test. */
async function world(
  t: Test,
  change: (ami: FakeAmi) => void = () => undefined,
  wrong: Partial<AmiAddress> = {},
): Promise<World> {
  const ami = new FakeAmi()
  change(ami)
  await ami.start()
  const clock = new ManualClock()
  const events: LinkEvent[] = []
  const said: [string, Fields][] = []
  const told = new EventEmitter()
  const note = (event: string, fields: Fields = {}): void => void said.push([event, fields])
  const log: Log = { ...silentLog, info: note, warn: note, error: note }
  const address = { ...ami.address, ...wrong }
  const link = createAmiLink({ server: 'ms-a', address, clock, chance: () => 0.5, log })
  link.start(event => {
    events.push(event)
    told.emit('event')
  })
  t.teardown(async () => {
    link.stop()
    await ami.stop()
  })
  async function heard(kind: LinkEvent['kind'], times = 1): Promise<LinkEvent> {
    for (;;) {
      const found = events.filter(event => event.kind === kind)[times - 1]
      if (found) return found
      await once(told, 'event')
    }
  }
  return { ami, clock, link, events, said, heard }
}

const code = (code: string) => (cause: unknown) => cause instanceof PorticoError && cause.code === code
async function rejectsWith(t: Test, work: Promise<unknown>, expected: string, text = /./): Promise<void> {
  const cause = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  t.ok(code(expected)(cause), `${expected}, was ${String(cause)}`)
  t.match(String(cause), text)
}
const errorOf = (event: LinkEvent): PorticoError | undefined =>
  event.kind === 'down' ? event.error : undefined

t.test('logs in, then passes events on with the number of the connection', async t => {
  const { ami, heard, events } = await world(t)
  t.strictSame(await heard('up'), { kind: 'up', generation: 1 })
  const booted = await heard('event')
  t.equal(booted.kind === 'event' && booted.message.get('event'), 'FullyBooted')
  ami.event('Hangup', [
    ['Uniqueid', 'ms-a-1.0'],
    ['Cause-txt', 'a: b'],
  ])
  const hangup = await heard('event', 2)
  t.equal(hangup.kind === 'event' && hangup.message.get('cause-txt'), 'a: b')
  t.strictSame(
    events.map(({ kind }) => kind),
    ['up', 'event', 'event'],
  )
})

t.test('a response belongs to the action that asked, in whatever order they come', async t => {
  const { ami, link, heard } = await world(t, ami => {
    const held: string[] = []
    ami.answers.set('coresettings', action => {
      held.unshift(reply(action, 'Success', action.get('note') ?? ''))
      return held.length < 3 ? undefined : held.join('')
    })
  })
  await heard('up')
  const notes = await Promise.all(
    ['a', 'b', 'c'].map(async note => (await link.action({ action: 'CoreSettings', note })).get('message')),
  )
  t.strictSame(notes, ['a', 'b', 'c'])
  t.equal(ami.actions.length, 4)
})

t.test('a list resolves to its items, however the bytes are cut', async t => {
  const { ami, link, heard } = await world(t, ami => {
    ami.channels = [
      { uniqueid: '1', account: 'agent', conference: 'agt-1' },
      { uniqueid: '2', account: 'client' },
    ]
    ami.answers.set('coreshowchannels', action => {
      for (const piece of ami.list(action).match(/.{1,7}/gs) ?? []) ami.send(piece)
      return undefined
    })
  })
  await heard('up')
  const items = await link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
  t.strictSame(
    items.map(item => item.get('uniqueid')),
    ['1', '2'],
  )
  t.equal(ami.actions.length, 2)
})

t.test('a list that lacks an item is refused', async t => {
  const { ami, link, heard } = await world(t)
  ami.answers.set('coreshowchannels', action => {
    const end = block([
      ['Event', 'CoreShowChannelsComplete'],
      ['ActionID', action.get('actionid') ?? ''],
      ['ListItems', '2'],
    ])
    return reply(action, 'Success') + end
  })
  await heard('up')
  await rejectsWith(
    t,
    link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete'),
    'E_AMI_REFUSED',
    /2 items/,
  )
})

t.test('what Asterisk refuses is rejected with its reason', async t => {
  const { link, heard } = await world(t)
  await heard('up')
  await rejectsWith(t, link.action({ action: 'Originate' }), 'E_AMI_REFUSED', /unknown command/)
})

t.test('an action that gets no answer is given up', async t => {
  const { ami, link, clock, heard } = await world(t)
  ami.answers.set('coresettings', () => undefined)
  await heard('up')
  const answer = link.action({ action: 'CoreSettings' })
  await ami.received('coresettings')
  clock.advance(4_999)
  clock.advance(1)
  await rejectsWith(t, answer, 'E_AMI_TIMEOUT')
})

t.test('nothing that would become a second header or action is sent', async t => {
  const { ami, link, heard } = await world(t)
  await heard('up')
  for (const callerid of ['x\r\n\r\nAction: Command', 'x\ny', 'x\ry', 'x\0', 'x'.repeat(1_001)]) {
    await rejectsWith(t, link.action({ action: 'Originate', callerid }), 'E_AMI_REFUSED')
    await rejectsWith(t, link.action({ action: 'Originate', variable: { A: callerid } }), 'E_AMI_REFUSED')
  }
  await rejectsWith(t, link.action({ 'action\r\nx': 'y' }), 'E_AMI_REFUSED')
  t.throws(
    () =>
      createAmiLink({
        server: 'ms-a',
        address: { ...ami.address, secret: 'a\nb' },
        clock: new ManualClock(),
        chance: () => 0,
        log: silentLog,
      }),
    { code: 'E_AMI_REFUSED' },
  )
  t.equal(ami.actions.length, 1, 'only the login')
})

t.test('more than a hundred open actions are refused', async t => {
  const { ami, link, heard } = await world(t)
  ami.answers.set('coresettings', () => undefined)
  await heard('up')
  const open = Array.from({ length: 100 }, () => link.action({ action: 'CoreSettings' }))
  await rejectsWith(t, link.action({ action: 'CoreSettings' }), 'E_AMI_REFUSED', /100/)
  ami.reset()
  for (const action of open) await rejectsWith(t, action, 'E_AMI_CLOSED')
})

t.test('a wrong password is told apart, once, with what to do', async t => {
  const { ami, clock, heard, said } = await world(t, () => undefined, { secret: 'wrong' })
  t.equal(errorOf(await heard('down'))?.code, 'E_AMI_LOGIN')
  clock.advance(125)
  await heard('down', 2)
  t.equal(said.length, 1)
  t.match(said[0], ['ami.login-refused', { server: 'ms-a', user: 'portico', next: /manager\.conf/ }])
  t.notMatch(JSON.stringify(said), /wrong|ami-secret/)
  t.equal(ami.actions.length, 2)
})

t.test('a server that does not answer the login is given up after five seconds', async t => {
  const { ami, clock, heard } = await world(t, ami => ami.answers.set('login', () => undefined))
  await ami.received('login')
  clock.advance(5_000)
  t.equal(errorOf(await heard('down'))?.code, 'E_AMI_TIMEOUT')
})

t.test('a server that hangs is suspected within a second, and given up by its missing pong', async t => {
  const { ami, clock, heard } = await world(t, ami => ami.answers.set('ping', () => undefined))
  await heard('up')
  clock.advance(400)
  await ami.received('ping')
  clock.advance(600)
  t.match(await heard('silent'), { silent: true })
  clock.advance(2_400)
  t.match(await heard('down'), { end: 'silent', error: { code: 'E_AMI_TIMEOUT' } })
})

t.test('a late pong ends the suspicion', async t => {
  const { ami, clock, heard } = await world(t, ami => ami.answers.set('ping', () => undefined))
  await heard('up')
  clock.advance(400)
  const ping = await ami.received('ping')
  clock.advance(600)
  await heard('silent')
  ami.send(reply(ping, 'Success', 'Pong'))
  t.match(await heard('silent', 2), { silent: false })
})

t.test('an Asterisk that refuses pings because it shuts down is still there', async t => {
  const { ami, clock, events, heard } = await world(t, ami =>
    ami.answers.set('ping', action => reply(action, 'Error', 'Asterisk is shutting down')),
  )
  await heard('up')
  clock.advance(400)
  t.match(await heard('stopping'), { stopping: true })
  ami.event('Hangup', [['Uniqueid', '1']])
  await heard('event', 2)
  ami.answers.delete('ping')
  clock.advance(400)
  t.match(await heard('stopping', 2), { stopping: false })
  t.notOk(events.some(({ kind }) => kind === 'down'))
})

t.test('an Asterisk that shuts down and lets nobody in has no wrong password', async t => {
  const { heard, said } = await world(t, ami =>
    ami.answers.set('login', action => reply(action, 'Error', 'Asterisk is shutting down')),
  )
  t.match(await heard('down'), { end: 'stopping', error: { code: 'E_AMI_CLOSED' } })
  t.notMatch(JSON.stringify(said), /login-refused/)
})

t.test('how a connection ended tells a dead server from one that is only away', async t => {
  const { ami, clock, heard } = await world(t)
  await heard('up')
  ami.reset()
  t.match(await heard('down'), { end: 'gone' })
  await ami.stop()
  clock.advance(125)
  t.match(await heard('down', 2), { end: 'absent' })
})

t.test(
  'comes back after a reset, also when half a message was pending, and rejects what was open',
  async t => {
    const { ami, link, clock, heard } = await world(t, ami =>
      ami.answers.set('coresettings', () => undefined),
    )
    await heard('up')
    const open = link.action({ action: 'CoreSettings' })
    await ami.received('coresettings')
    ami.send('Response: Success\r\nActionID: 12')
    ami.reset()
    await heard('down')
    await rejectsWith(t, open, 'E_AMI_CLOSED')
    await rejectsWith(t, link.action({ action: 'Ping' }), 'E_AMI_CLOSED')
    clock.advance(125)
    t.strictSame(await heard('up', 2), { kind: 'up', generation: 2 })
    t.equal((await link.action({ action: 'Ping' })).get('message'), 'Pong')
  },
)

t.test('connections are tried again at growing intervals until one proved useful', async t => {
  t.strictSame(
    [0, 1, 2, 3, 50].map(failures => backoffMs(failures, 'gone', 1)),
    [5, 20, 1_000, 1_500, 1_500],
  )
  t.strictSame(
    [0, 5, 6, 50].map(failures => backoffMs(failures, 'refused', 1)),
    [250, 8_000, 10_000, 10_000],
  )
  t.equal(backoffMs(3, 'gone', 0), 0)
  const { ami, link, clock, heard } = await world(t)
  for (const [wait, times] of [
    [3, 1],
    [12, 2],
    [500, 3],
  ] as const) {
    await heard('up', times)
    ami.reset()
    await heard('down', times)
    clock.advance(wait - 1)
    t.equal(ami.connections, 0)
    clock.advance(1)
  }
  await heard('up', 4)
  link.proven()
  ami.reset()
  await heard('down', 4)
  clock.advance(3)
  await heard('up', 5)
})

t.test('no message of a hostile server loops, crashes or reaches the library', async t => {
  const hostile = [
    block([['Event', 'rawevent']]),
    block([['Event', 'Error']]),
    block([
      ['Response', 'Success'],
      ['ActionID', 'rawevent'],
    ]),
    block([
      ['Response', 'Success'],
      ['ActionID', 'close'],
    ]),
    block([
      ['__proto__', 'x'],
      ['__proto__', 'y'],
      ['constructor', 'z'],
      ['Event', 'toString'],
      ['Event', 'b'],
    ]),
    'Variable: a=b\r\nVariable: __proto__=c\r\n\r\n',
    '\r\n\r\n: \r\n\r\nnonsense\r\n\r\n',
  ]
  const { ami, link, events, heard } = await world(t)
  await heard('up')
  for (const text of hostile) ami.send(text)
  t.equal((await link.action({ action: 'Ping' })).get('message'), 'Pong')
  t.notOk(events.some(({ kind }) => kind === 'down'))
  t.equal(Reflect.get({}, 'y'), undefined)
})

for (const [name, text] of [
  ['a line without end', 'x'.repeat(300_000)],
  [
    'a value that is too long',
    block([
      ['Event', 'Hangup'],
      ['Cause', 'x'.repeat(10_000)],
    ]),
  ],
  ['too many headers', block(Array.from({ length: 200 }, (_, i) => [`H${i}`, 'x']))],
] as const) {
  t.test(`${name} ends the connection`, async t => {
    const { ami, clock, heard } = await world(t)
    await heard('up')
    ami.send(text)
    t.match(errorOf(await heard('down'))?.message, /more than any AMI message/)
    clock.advance(125)
    await heard('up', 2)
  })
}

t.test('a stopped link is silent and stays away', async t => {
  const { ami, link, clock, events, heard } = await world(t)
  await heard('up')
  await heard('event')
  link.stop()
  clock.advance(60_000)
  t.strictSame(
    events.map(({ kind }) => kind),
    ['up', 'event'],
  )
  t.equal(clock.pending, 0)
  await ami.stop()
})
