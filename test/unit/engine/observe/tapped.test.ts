import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { tapped, type Passage } from '../../../../engine/observe/tapped.ts'
import type { Transports } from '../../../../engine/transport/transport.ts'
import { createTransports } from '../../../../engine/transport/transports.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { Mailbox } from '../../../support/mailbox.ts'
import { on, sip } from '../../../support/transport-peers.ts'

function shown({ direction, transport, local, peer, bytes }: Passage): unknown {
  return [direction, transport, local, peer, String(bytes).split(' ')[0]]
}

t.test('datagrams are shown in both directions, with both ends', async t => {
  const seen: Passage[] = []
  const inner = createTransports({ listeners: [on('udp', { name: 'here' })], log: silentLog })
  const here: Transports = tapped(inner, [passage => seen.push(passage)])
  const there = createTransports({ listeners: [on('udp')], log: silentLog })
  const [atHere, atThere] = [new Mailbox<{ kind: string }>(), new Mailbox<{ kind: string }>()]
  await here.start(event => atHere.put(event))
  await there.start(event => atThere.put(event))
  t.teardown(() => Promise.all([here.stop(), there.stop()]))
  const ends = [here, there].map(side => ({ host: '127.0.0.1', port: side.listeners()[0]?.bound.port ?? 0 }))
  const [local = { host: '', port: 0 }, peer = local] = ends
  here.send(sip('one'), { transport: 'udp', ...peer }, reason => t.fail(reason))
  await atThere.next('message')
  there.send(sip('two'), { transport: 'udp', ...local }, reason => t.fail(reason))
  await atHere.next('message')
  t.strictSame(seen.map(shown), [
    ['out', 'udp', local, peer, 'OPTIONS'],
    ['in', 'udp', local, peer, 'OPTIONS'],
  ])
  t.strictSame(here.route({ transport: 'udp', ...peer }), here.listeners()[0])
})

t.test(
  'what goes over a connection is shown with its peer, and nothing is kept of it when it has closed',
  async t => {
    const seen: Passage[] = []
    let hasStopped = false
    const inner = createTransports({
      listeners: [on('ws')],
      ws: { origins: ['*'], allowMissingOrigin: true },
      log: silentLog,
    })
    const here = tapped(inner, [passage => seen.push(passage)], () => (hasStopped = true))
    const events = new Mailbox<{ kind: 'message'; source: { flow?: string } } | { kind: 'flow-closed' }>()
    await here.start(event => events.put(event))
    const client = new WebSocket(`ws://127.0.0.1:${here.listeners()[0]?.bound.port}/sip`, 'sip')
    await once(client, 'open')
    client.send(sip('one'))
    const { flow = '' } = (await events.next('message')).source
    const answered = once(client, 'message')
    here.send(sip('two'), { flow }, reason => t.fail(reason))
    await answered
    const [came, went] = seen
    t.strictSame(
      seen.map(({ direction }) => direction),
      ['in', 'out'],
    )
    t.strictSame(came?.peer, went?.peer)
    client.close()
    await events.next('flow-closed')
    here.send(sip('three'), { flow }, () => undefined)
    t.equal(seen.length, 2)
    await here.stop()
    t.equal(hasStopped, true)
  },
)
