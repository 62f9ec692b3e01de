import t, { type Test } from 'tap'
import { ManualClock } from '../../../support/manual-clock.ts'
import type { LineEvent } from '../../../../softphone/phone/line.ts'
import { Phone } from '../../../../softphone/phone/phone.ts'
import type { Credentials, Session, SignIn } from '../../../../softphone/phone/session.ts'

const session: Session = {
  agent: '1001',
  sipUri: 'sip:1001@portico.test',
  authorizationUser: '1001',
  password: 'first',
  wssUrl: 'wss://portico.test/sip',
  iceServers: [],
  conference: 'agt-1001',
  expiresAt: 0,
}
const words: Credentials = { agent: '1001', password: 'secret' }

/** A phone on a line that notes its orders, and a door whose answers the test gives. */
function setUp() {
  const clock = new ManualClock()
  const orders: string[] = []
  const doors: { readonly asked: Credentials; readonly answer: (answer: SignIn) => void }[] = []
  let receiver: ((event: LineEvent) => void) | undefined
  const tell = (event: LineEvent): void => receiver?.(event)
  const phone = new Phone({
    line(receive) {
      receiver = receive
      return {
        open: ({ password }) => orders.push(`open ${password}`),
        reconnect: () => orders.push('reconnect'),
        register: () => orders.push('register'),
        dial: ({ muted }) => orders.push(muted ? 'dial muted' : 'dial'),
        take: ({ muted }) => orders.push(muted ? 'take muted' : 'take'),
        refuse: () => orders.push('refuse'),
        restartMedia: () => orders.push('restart'),
        press: digit => orders.push(`press ${digit}`),
        mute: on => orders.push(on ? 'mute' : 'unmute'),
        hangUp: () => orders.push('hang up'),
        close: () => orders.push('close'),
      }
    },
    requestSession: async asked => new Promise(answer => doors.push({ asked, answer })),
    async orderCall({ password }, { number, reference }) {
      orders.push(`order ${number} ${password}`)
      return password === 'first' ? { kind: 'expired' } : { kind: 'taken', id: `id of ${reference}` }
    },
    dropCall: async (_session, id) => void orders.push(`drop ${id}`),
    after: (ms, task) => clock.after(ms, task),
    random: () => 0,
  })
  const grant = async (password = 'first'): Promise<void> => {
    doors.shift()?.answer({ kind: 'granted', session: { ...session, password } })
    await settled()
  }
  return {
    phone,
    orders,
    doors,
    clock,
    grant,
    link: (kind: 'up' | 'down' | 'registered') => tell({ of: 'link', kind }),
    tell,
  }
}

/** The same, with the agent in its conference. */
async function inConference() {
  const parts = setUp()
  const { phone, grant, link, tell } = parts
  phone.signIn(words)
  await grant()
  link('up')
  link('registered')
  phone.wish('start-shift')
  tell({ of: 'call', kind: 'answered' })
  return parts
}

t.test('from signing in to a call and out again', async (t: Test) => {
  const { phone, orders } = await inConference()
  phone.wish('toggle-mute')
  phone.wish('sign-out')
  t.strictSame(orders, ['open first', 'register', 'dial', 'mute', 'hang up', 'close'])
  t.equal(phone.state.stage.kind, 'signed-out')
})

t.test('a call that is dialled when the session is over takes a new session first', async t => {
  const { phone, orders, grant } = await inConference()
  orders.splice(0)
  phone.dial({ number: '030', reference: 'r1' })
  await settled()
  await grant('second')
  phone.drop()
  t.strictSame(orders, ['order 030 first', 'order 030 second', 'drop id of r1'])
  phone.press('5')
  t.equal(orders.at(-1), 'press 5')
})

t.test('a lost line is tried again by the ladder, and only once at a time', async t => {
  const { phone, orders, clock, grant, link } = setUp()
  phone.signIn(words)
  await grant()
  link('down')
  clock.advance(499)
  t.strictSame(orders, ['open first'])
  clock.advance(1)
  link('down')
  clock.advance(1000)
  t.strictSame(orders, ['open first', 'reconnect', 'reconnect'])
})

t.test('refused credentials are renewed with the words that the agent gave', async t => {
  const { phone, orders, doors, grant, link, tell } = setUp()
  phone.signIn(words)
  await grant()
  link('up')
  tell({ of: 'link', kind: 'register-refused', status: 401 })
  t.strictSame(doors[0]?.asked, words)
  await grant('second')
  t.strictSame(orders, ['open first', 'register', 'open second'])
})

t.test('an answer for somebody who signed out meanwhile is dropped', async t => {
  const { phone, orders, doors, grant } = setUp()
  phone.signIn(words)
  const late = doors.shift()
  phone.wish('sign-out')
  phone.signIn({ agent: '1002', password: 'other' })
  late?.answer({ kind: 'granted', session })
  await settled()
  t.strictSame(orders, ['hang up', 'close'])
  await grant('other')
  t.strictSame(orders, ['hang up', 'close', 'open other'])
})

t.test('watchers are told of changes until they leave', async t => {
  const { phone } = setUp()
  const seen: string[] = []
  const leave = phone.watch(({ stage }) => seen.push(stage.kind))
  phone.wish('start-shift')
  phone.signIn(words)
  leave()
  phone.wish('sign-out')
  t.strictSame(seen, ['connecting'])
})

t.test('a wait ends with the sign-out', async t => {
  const { phone, orders, clock, grant, link } = setUp()
  phone.signIn(words)
  await grant()
  link('down')
  phone.wish('sign-out')
  clock.advance(60_000)
  t.notOk(orders.includes('reconnect'))
})

/** Lets everything that is already promised happen. */
async function settled(): Promise<void> {
  await new Promise(resolve => {
    setImmediate(resolve)
  })
}
