/**
 * A process that passes every message on between WSS and UDP without reading more than its Call-ID: what the same calls cost in Node
 * before anybody understands SIP. No server can be cheaper with these sockets.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:https'
import { WebSocketServer, type WebSocket } from 'ws'
import { loadCertificate } from '../../config/certificate.ts'
import { header } from '../load/light-message.ts'
import type { DoorService, Started } from './door.ts'
import { serve } from './remote.ts'
import { settingsOf, type Arrangement } from './settings.ts'
import { collectGarbage, usage } from './usage.ts'

const udp = createSocket('udp4')
const byCall = new Map<string, WebSocket>()

serve<DoorService>({ start, stop: async () => void udp.close(), usage, collect: collectGarbage })

async function start(arrangement: Arrangement): Promise<Started> {
  const config = settingsOf(arrangement)
  const { host, port } = arrangement.server
  const { cert, key } = await loadCertificate(config)
  const https = createServer({ cert, key, noDelay: true })
  const webSockets = new WebSocketServer({
    server: https,
    perMessageDeflate: false,
    handleProtocols: () => 'sip',
  })
  webSockets.on('connection', webSocket => {
    webSocket.on('message', (data: Buffer) => {
      const call = header(data.toString('latin1'), 'Call-ID')
      if (data.subarray(0, 4).toString() === 'BYE ') setTimeout(() => byCall.delete(call), 5_000)
      byCall.set(call, webSocket)
      udp.send(data, port, host)
    })
  })
  udp.on('message', bytes => {
    byCall.get(header(bytes.toString('latin1'), 'Call-ID'))?.send(bytes, { binary: false })
  })
  await new Promise<void>(resolve => udp.bind(0, '127.0.0.1', resolve))
  await new Promise<void>(resolve => https.listen(0, '127.0.0.1', resolve))
  const address = https.address()
  const bound = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `wss://127.0.0.1:${bound}/sip`, domain: config.agents.domain }
}
