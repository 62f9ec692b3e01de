import type { Test } from 'tap'
import { directBench, drachtioBench, type EdgeBench } from './edge-bench.ts'
import { SipPeer } from './sip-peer.ts'

/** Starts an edge. */
export type Open = () => Promise<EdgeBench>

/** Every implementation of `SipEdge`. */
export const edges: readonly (readonly [name: string, open: Open])[] = [
  ['direct', directBench],
  ['drachtio', drachtioBench],
]

/** A session description. */
export const offer = { type: 'application/sdp', content: 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=offer\r\n' }
/** Another one. */
export const answer = { type: 'application/sdp', content: 'v=0\r\no=- 2 2 IN IP4 192.0.2.2\r\ns=answer\r\n' }
/** Content-Type and body for a peer. */
export const sdp = (body: { readonly type: string; readonly content: string }) =>
  ({ headers: [['Content-Type', body.type]], body: body.content }) as const
/** Headers of a request of agent 1001. */
export const fromAgent = { headers: [['From', '<sip:1001@example.com>']] } as const

/** The edge, and whom it talks to. */
export interface Peers {
  readonly bench: EdgeBench
  readonly agent: SipPeer
  readonly server: SipPeer
}

/** One edge, one browser and one SIP server of its own for each test. */
export function withPeers(
  t: Test,
  open: Open,
  title: string,
  body: (t: Test, peers: Peers) => Promise<void>,
): Promise<unknown> {
  return t.test(title, { timeout: 20_000 }, async t => {
    const bench = await open()
    const [agent, server] = await Promise.all([SipPeer.ws(bench.agentsUrl), SipPeer.udp()])
    t.teardown(async () => {
      await Promise.all([agent.stop(), server.stop()])
      await bench.stop()
    })
    await body(t, { bench, agent, server })
  })
}

/** The agent calls, the edge calls the server, the server answers, all is acknowledged. */
export async function call(bench: EdgeBench, agent: SipPeer, server: SipPeer) {
  const placed = agent.send({ method: 'INVITE', uri: 'sip:9@door.example.com', ...sdp(offer) })
  const invite = await bench.asked('INVITE')
  const order = bench.send({
    method: 'INVITE',
    uri: `sip:agt-1001@127.0.0.1:${server.port}`,
    side: 'inside',
    headers: [['From', '<sip:1001@example.com>']],
    body: offer,
  })
  const onServer = await server.asked('INVITE')
  server.answer(onServer, { status: 200, ...sdp(answer) })
  const answered = await bench.answered(order, 200)
  const bDialog = answered.dialog ?? ''
  bench.edge.ack(bDialog)
  const serverDialog = (await server.next('ack')).dialog
  bench.edge.respond({ transaction: invite.transaction, status: 200, body: answer })
  const agentDialog = (await agent.answered(200)).dialog ?? ''
  agent.ack(agentDialog)
  const aDialog = (await bench.next('ack')).dialog
  return { placed, invite, order, onServer, answered, aDialog, bDialog, agentDialog, serverDialog }
}
