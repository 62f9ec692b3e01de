import t from 'tap'
import { uacDialog, uasDialog } from '../../../../engine/dialog/create.ts'
import {
  isAt,
  movedTo,
  peerAt,
  refreshed,
  sequenced,
  type Dialog,
  type Peer,
} from '../../../../engine/dialog/dialog.ts'
import { counted, inDialog } from '../../../../engine/dialog/outgoing.ts'
import { request, response } from '../../../../engine/message/build.ts'
import type { HeaderLine } from '../../../../engine/message/message.ts'

const peer: Peer = { transport: 'udp', address: '10.0.0.9', port: 5070, listener: 'trunk' }
const routes: HeaderLine[] = [
  ['Record-Route', '<sip:p2;lr>, <sip:p1;lr>'],
  ['Record-Route', '<sip:p0;lr>'],
]
const invite = request('INVITE', 'sip:b@us', [
  ...routes,
  ['From', '"A" <sip:a@them>;tag=theirs'],
  ['To', '<sip:b@us>'],
  ['Call-ID', 'c1'],
  ['CSeq', '7 INVITE'],
  ['Contact', '<sip:a@10.0.0.9:5070>'],
])
const ok = response(200, [
  ...routes,
  ['From', '<sip:b@us>;tag=ours'],
  ['To', '<sip:a@them>;tag=theirs'],
  ['Call-ID', 'c1'],
  ['CSeq', '3 INVITE'],
  ['Contact', '<sip:a@10.0.0.9:5070>'],
])

const asUas: Dialog = {
  v: 1,
  id: 'c1;from-tag=theirs',
  role: 'uas',
  callId: 'c1',
  localTag: 'ours',
  remoteTag: 'theirs',
  local: '<sip:b@us>;tag=ours',
  remote: '"A" <sip:a@them>;tag=theirs',
  localCSeq: 0,
  remoteCSeq: 7,
  target: 'sip:a@10.0.0.9:5070',
  routes: ['<sip:p2;lr>', '<sip:p1;lr>', '<sip:p0;lr>'],
  contact: '<sip:us>',
  peer,
}

t.test('our answer to an INVITE makes a dialog with the routes in their order', async t => {
  t.strictSame(uasDialog(invite, 'ours', '<sip:us>', peer), asUas)
})

t.test('an answer to our INVITE makes a dialog with the routes turned round', async t => {
  t.strictSame(uacDialog(ok, '<sip:us>', peer), {
    ...asUas,
    id: 'c1;from-tag=ours',
    role: 'uac',
    remote: '<sip:a@them>;tag=theirs',
    localCSeq: 3,
    remoteCSeq: 0,
    routes: ['<sip:p0;lr>', '<sip:p1;lr>', '<sip:p2;lr>'],
  })
})

t.test('a dialog is plain data that survives being written down', async t => {
  t.strictSame(JSON.parse(JSON.stringify(asUas)), asUas)
})

t.test('a peer that gives no Contact is reached where it was heard', async t => {
  const bare = response(200, [
    ['From', '<sip:b@us>;tag=ours'],
    ['To', '<sip:a@them>;tag=theirs'],
    ['Call-ID', 'c1'],
    ['CSeq', '3 INVITE'],
  ])
  t.equal(uacDialog(bare, '', peer).target, 'sip:10.0.0.9:5070')
  t.equal(uacDialog(bare, '', { ...peer, transport: 'tcp' }).target, 'sip:10.0.0.9:5070;transport=tcp')
  t.equal(uacDialog(bare, '', { ...peer, address: '::1' }).target, 'sip:[::1]:5070')
})

t.test('numbers of the peer may rise or stay, never fall', async t => {
  t.strictSame(sequenced(asUas, 9), { inOrder: true, dialog: { ...asUas, remoteCSeq: 9 } })
  t.strictSame(sequenced(asUas, 7), { inOrder: true, dialog: asUas })
  t.strictSame(sequenced(asUas, 6), { inOrder: false })
})

t.test('a target refresh changes the target and nothing else', async t => {
  t.strictSame(refreshed(asUas, 'sip:new'), { ...asUas, target: 'sip:new' })
  t.equal(refreshed(asUas, undefined), asUas)
  t.equal(refreshed(asUas, asUas.target), asUas)
})

t.test('a request in the dialog goes to the target along the routes', async t => {
  const next = counted(asUas)
  t.strictSame(inDialog(next, 'BYE', next.localCSeq), {
    uri: 'sip:a@10.0.0.9:5070',
    lines: [
      ['Route', '<sip:p2;lr>'],
      ['Route', '<sip:p1;lr>'],
      ['Route', '<sip:p0;lr>'],
      ['From', '<sip:b@us>;tag=ours'],
      ['To', '"A" <sip:a@them>;tag=theirs'],
      ['Call-ID', 'c1'],
      ['CSeq', '1 BYE'],
    ],
  })
})

t.test('a strict router gets itself as Request-URI and the target as last route', async t => {
  const { uri, lines } = inDialog({ ...asUas, routes: ['<sip:strict>', '<sip:p1;lr>'] }, 'BYE', 1)
  t.equal(uri, 'sip:strict')
  t.strictSame(lines.slice(0, 2), [
    ['Route', '<sip:p1;lr>'],
    ['Route', '<sip:a@10.0.0.9:5070>'],
  ])
})

t.test(
  'a peer is where it was heard: over the same connection, or from the same address and port',
  async t => {
    const flow = { ...peer, transport: 'wss', flow: 'f1' } as const
    const cases: readonly [name: string, at: Peer, heard: Peer, same: boolean][] = [
      ['same datagram source', peer, peer, true],
      ['another port', peer, { ...peer, port: 1 }, false],
      ['another address', peer, { ...peer, address: '10.0.0.8' }, false],
      ['same connection', flow, { ...flow, port: 1 }, true],
      ['another connection', flow, { ...flow, flow: 'f2' }, false],
      ['a datagram instead of the connection', flow, peer, false],
    ]
    for (const [name, at, heard, same] of cases) t.equal(isAt(movedTo(asUas, at), heard), same, name)
    t.strictSame(peerAt({ ...peer, flow: 'f' }), { ...peer, flow: 'f' })
  },
)
