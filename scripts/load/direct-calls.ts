import { createSocket } from 'node:dgram'
import { randomBytes } from 'node:crypto'
import { header, readLight } from './light-message.ts'
import { atRate } from './pace.ts'

/** Calls a far end on UDP without anything in between: the time from each INVITE to its 200 is the far end's own. */
export async function timeFarEnd(
  { host, port }: { readonly host: string; readonly port: number },
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<readonly number[]> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  const own = `127.0.0.1:${socket.address().port}`
  const sentAt = new Map<string, number>()
  const taken: number[] = []
  const send = (text: string): void => socket.send(text, port, host)
  socket.on('message', bytes => {
    const { status, method, text } = readLight(bytes.toString())
    if (status !== 200 || method !== 'INVITE') return
    const call = header(text, 'Call-ID')
    const at = sentAt.get(call)
    if (at === undefined) return
    sentAt.delete(call)
    taken.push(performance.now() - at)
    const to = header(text, 'To')
    send(request('ACK', own, { call, to, host, port }, 1))
    send(request('BYE', own, { call, to, host, port }, 2))
  })
  const end = atRate(rate, () => {
    const call = randomBytes(8).toString('hex')
    sentAt.set(call, performance.now())
    send(request('INVITE', own, { call, to: `<sip:agt-1@${host}:${port}>`, host, port }, 1))
  })
  await new Promise(resolve => setTimeout(resolve, seconds * 1000))
  end()
  await new Promise(resolve => setTimeout(resolve, 300))
  socket.close()
  return taken
}

interface Leg {
  readonly call: string
  readonly to: string
  readonly host: string
  readonly port: number
}

function request(method: string, own: string, { call, to, host, port }: Leg, cseq: number): string {
  const branch = `z9hG4bK${call}${method}`
  const body = method === 'INVITE' ? sdp : ''
  const type = body === '' ? '' : 'Content-Type: application/sdp\r\n'
  return (
    `${method} sip:agt-1@${host}:${port} SIP/2.0\r\nVia: SIP/2.0/UDP ${own};branch=${branch}\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:bench@${own}>;tag=${call}\r\nTo: ${to}\r\nCall-ID: ${call}\r\n` +
    `CSeq: ${cseq} ${method}\r\nContact: <sip:bench@${own}>\r\n${type}Content-Length: ${body.length}\r\n\r\n${body}`
  )
}

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n'
