/** Stands between a door and its rtpengine, see `ng-relay.ts`; its arguments are the two ports. It ends with whoever started it. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const host = '127.0.0.1'
const [port, rtpenginePort] = process.argv.slice(2).map(Number)
const door = createSocket('udp4')
const anchor = createSocket('udp4')
const asked = new Map<string, number>()
door.on('message', (datagram, { port: from }) => {
  const text = datagram.toString()
  const cut = text.indexOf(' ')
  asked.set(text.slice(0, cut), from)
  const order: unknown = JSON.parse(text.slice(cut + 1))
  anchor.send(`${text.slice(0, cut)} ${JSON.stringify(plainOrder(Object(order)))}`, rtpenginePort, host)
})
anchor.on('message', datagram => {
  const cookie = datagram.toString().split(' ', 1)[0] ?? ''
  const to = asked.get(cookie)
  asked.delete(cookie)
  if (to !== undefined) door.send(datagram, to, host)
})
door.bind(port, host)
await once(door, 'listening')
process.once('disconnect', () => process.exit(0))
process.send?.('listens')

function plainOrder(order: Record<string, unknown>): Record<string, unknown> {
  const { sdp } = order
  const rest = Object.entries(order).filter(([key]) => key !== 'DTLS')
  return {
    ...Object.fromEntries(rest),
    ...(order['ICE'] === 'force' && { ICE: 'remove', 'rtcp-mux': ['demux'] }),
    ...('transport-protocol' in order && { 'transport-protocol': 'RTP/AVP' }),
    ...(typeof sdp === 'string' && { sdp: plainSdp(sdp) }),
  }
}

function plainSdp(sdp: string): string {
  return sdp
    .replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP')
    .replaceAll(/^a=(?:ice-|fingerprint|setup|candidate|rtcp-mux|tls-id|group|mid).*\r\n/gm, '')
}
