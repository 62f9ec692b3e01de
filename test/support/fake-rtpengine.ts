import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { z } from 'zod'
import { audioTarget } from './sip-client.ts'

/** Something that speaks ng on a port of its own, and keeps calls and their parties as rtpengine does; no media. */
export interface FakeRtpengine {
  readonly url: string
  /** Every order, in its order of arrival. */
  readonly orders: readonly NgOrder[]
  /** From now on it says nothing, as a hung one. */
  hang(): void
  close(): Promise<void>
}

const orderSchema = z.looseObject({
  command: z.string(),
  'call-id': z.string().default(''),
  'from-tag': z.string().optional(),
  'to-tag': z.string().default(''),
  sdp: z.string().default(''),
})

/** An order as it came. */
export type NgOrder = z.infer<typeof orderSchema>

type Answer = Readonly<Record<string, unknown>>

/** Opens one on loopback. */
export async function fakeRtpengine(): Promise<FakeRtpengine> {
  const socket = createSocket('udp4')
  const calls = new Map<string, Map<string, number>>()
  const orders: NgOrder[] = []
  let hung = false
  socket.on('message', (datagram, { address, port }) => {
    if (hung) return
    const text = datagram.toString()
    const cut = text.indexOf(' ')
    const order = orderSchema.parse(JSON.parse(text.slice(cut + 1)))
    orders.push(order)
    socket.send(`${text.slice(0, cut)} ${JSON.stringify(answerTo(calls, order))}`, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    url: `udp://127.0.0.1:${socket.address().port}`,
    orders,
    hang: () => (hung = true),
    close: async () => {
      socket.close()
      await once(socket, 'close')
    },
  }
}

type Calls = Map<string, Map<string, number>>

function answerTo(calls: Calls, order: NgOrder): Answer {
  const id = order['call-id']
  const parties = calls.get(id)
  switch (order.command) {
    case 'ping':
      return { result: 'pong' }
    case 'offer':
      return offered(calls, id, order)
    case 'answer':
      return parties ? rewritten(order, portOf(parties, order['from-tag'] ?? '')) : unknown
    case 'query':
      return parties ? { result: 'ok', tags: tagsOf(parties) } : unknown
    case 'delete':
      return deleted(calls, id, order)
    default:
      return { result: 'error', 'error-reason': 'Unrecognized command' }
  }
}

const unknown = { result: 'error', 'error-reason': 'Unknown call-id' }

function offered(calls: Calls, id: string, order: NgOrder): Answer {
  const parties = calls.get(id) ?? new Map<string, number>()
  calls.set(id, parties)
  portOf(parties, order['from-tag'] ?? '')
  return rewritten(order, portOf(parties, order['to-tag']))
}

/** Without a from-tag the whole call goes; with the last two parties too, as nobody is left to talk to. */
function deleted(calls: Calls, id: string, order: NgOrder): Answer {
  const parties = calls.get(id)
  const tag = order['from-tag']
  if (!parties || (tag !== undefined && !parties.delete(tag))) {
    return { result: 'ok', warning: 'Call-ID not found or tags didn’t match' }
  }
  const tags = tagsOf(parties)
  if (tag === undefined || parties.size < 2) calls.delete(id)
  return { result: 'ok', tags }
}

let ports = 40_000

/** The port at which a party is heard, kept for its life. */
function portOf(parties: Map<string, number>, tag: string): number {
  const port = parties.get(tag) ?? (ports += 2)
  parties.set(tag, port)
  return port
}

function rewritten(order: NgOrder, port: number): Answer {
  const { sdp } = order
  const { host, port: before } = audioTarget(sdp)
  return {
    result: 'ok',
    sdp: sdp.replaceAll(host, '127.0.0.1').replace(`m=audio ${before}`, `m=audio ${port}`),
  }
}

function tagsOf(parties: ReadonlyMap<string, number>): Answer {
  return Object.fromEntries([...parties.keys()].map(tag => [tag, { tag, medias: [silence] }]))
}

const silence = {
  streams: [{ flags: ['RTP'], 'last packet': 1_700_000_000, stats: { packets: 0, bytes: 0, errors: 0 } }],
  'ingress SSRCs': [],
}
