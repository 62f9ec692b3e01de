import t from 'tap'
import { response } from '../../../../engine/message/build.ts'
import type { EdgeEvent, RequestOrder } from '../../../../proxy/ports.ts'
import { withAccounts } from '../../../../proxy/trunk/account-edge.ts'
import { RecordingEdge } from '../../../support/door-parts.ts'

const order: RequestOrder = {
  transaction: 'b1',
  method: 'INVITE',
  uri: 'sip:4930@192.0.2.1:5060;transport=udp',
  side: 'trunk',
  headers: [['From', '<sip:us@d>']],
  account: { user: 'us', password: 'canary', realm: 'carrier' },
}

/** An edge that remembers what it was told, and what came out above it. */
async function edges(): Promise<{
  readonly below: RecordingEdge
  readonly above: ReturnType<typeof withAccounts>
  readonly told: EdgeEvent[]
  readonly answer: (transaction: string, status: number, challenge?: string) => void
}> {
  const told: EdgeEvent[] = []
  let receive: ((event: EdgeEvent) => void) | undefined
  const below = new RecordingEdge()
  below.start = async (given?: (event: EdgeEvent) => void) => {
    if (given) receive = given
  }
  let count = 0
  const above = withAccounts(below, () => `r${++count}`)
  await above.start(event => told.push(event))
  const answer = (transaction: string, status: number, challenge?: string): void => {
    const lines = challenge === undefined ? [] : ([['WWW-Authenticate', `Digest ${challenge}`]] as const)
    receive?.({ kind: 'response', transaction, response: response(status, lines), local: false })
  }
  return { below, above, told, answer }
}

function stale(n: number): string {
  return `realm="carrier", nonce="s${n}", stale=true`
}

const challenge = 'realm="carrier", nonce="n1"'

t.test(
  'an INVITE with an account is repeated with credentials, and only its last answer is told',
  async t => {
    const { below, above, told, answer } = await edges()
    above.request(order)
    answer('b1', 401, challenge)
    t.equal(below.requests.length, 2)
    answer('b1~1', 180)
    answer('b1~1', 200)
    t.match(told, [
      { transaction: 'b1', response: { status: 180 } },
      { transaction: 'b1', response: { status: 200 } },
    ])
    t.equal(told.length, 2)
  },
)

t.test('the repetition is the same call: Call-ID and From stay, CSeq grows (RFC 3261 §22.2)', async t => {
  const { below, above, answer } = await edges()
  above.request(order)
  answer('b1', 401, challenge)
  const [first, second] = below.requests.map(({ headers }) => new Map(headers))
  t.match(first?.get('From'), /^<sip:us@d>;tag=r\d$/)
  for (const name of ['From', 'Call-ID']) t.equal(second?.get(name), first?.get(name), name)
  t.strictSame([first?.get('CSeq'), second?.get('CSeq')], ['1 INVITE', '2 INVITE'])
  t.strictSame([first?.has('Authorization'), second?.has('Authorization')], [false, true])
  t.notMatch(JSON.stringify(below.requests), /canary/, 'and the password goes nowhere')
})

t.test('a peer that challenges without end gets two requests, with stale three', async t => {
  const { below, above, told, answer } = await edges()
  above.request(order)
  for (let n = 0; n < 1_000; n++)
    answer(below.requests.at(-1)?.transaction ?? '', 401, `realm="carrier", nonce="n${n}"`)
  t.equal(below.requests.length, 2)
  t.match(told[0], { transaction: 'b1', response: { status: 401 } })
  above.request({ ...order, transaction: 'b2' })
  for (let n = 0; n < 1_000; n++) answer(below.requests.at(-1)?.transaction ?? '', 401, stale(n))
  t.equal(below.requests.length, 5)
})

t.test('nothing but an INVITE that opens a dialog is answered for', async t => {
  const { below, above, answer } = await edges()
  const { uri: _uri, ...inside } = order
  above.request({ ...inside, transaction: 'x1', dialog: 'd1' })
  above.request({ ...inside, transaction: 'x2', method: 'BYE', dialog: 'd1' })
  above.request({ ...order, transaction: 'x3', method: 'OPTIONS' })
  const { account: _account, ...anonymous } = order
  above.request({ ...anonymous, transaction: 'x4' })
  for (const transaction of ['x1', 'x2', 'x3', 'x4']) answer(transaction, 401, challenge)
  t.equal(below.requests.length, 4)
  t.notMatch(JSON.stringify(below.requests), /Authorization|canary/)
})

t.test('a call that was given up is cancelled where it is, and answers no challenge any more', async t => {
  const { below, above, told, answer } = await edges()
  above.request(order)
  answer('b1', 401, challenge)
  above.cancel('b1')
  t.strictSame(below.cancelled, ['b1~1'])
  answer('b1~1', 401, 'realm="carrier", nonce="n2", stale=true')
  t.equal(below.requests.length, 2)
  t.match(told, [{ transaction: 'b1', response: { status: 401 } }])
})
