import { header } from './light-message.ts'

/** What a media server sends back at once: 180 and 200 to an INVITE, 200 to anything else, nothing to an ACK. */
export function answersTo(text: string): readonly string[] {
  if (text.startsWith('ACK ')) return []
  if (text.startsWith('INVITE ')) return [answer(text, '180 Ringing', ''), answer(text, '200 OK', sdp)]
  return [answer(text, '200 OK', '')]
}

function answer(text: string, status: string, body: string): string {
  const to = header(text, 'To')
  const type = body === '' ? '' : 'Content-Type: application/sdp\r\n'
  return (
    `SIP/2.0 ${status}\r\nVia: ${header(text, 'Via')};received=127.0.0.1\r\nFrom: ${header(text, 'From')}\r\n` +
    `To: ${to.includes(';tag=') ? to : `${to};tag=f${header(text, 'Call-ID').slice(0, 12)}`}\r\n` +
    `Call-ID: ${header(text, 'Call-ID')}\r\nCSeq: ${header(text, 'CSeq')}\r\nContact: <sip:127.0.1.1:5060>\r\n` +
    `Allow: OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, MESSAGE, REFER\r\n` +
    `Supported: 100rel, timer, replaces, norefersub\r\nServer: Asterisk PBX 22\r\n${type}Content-Length: ${body.length}\r\n\r\n${body}`
  )
}

const sdp = [
  'v=0',
  'o=- 3975465 3975467 IN IP4 127.0.1.1',
  's=Asterisk',
  'c=IN IP4 127.0.1.1',
  't=0 0',
  'm=audio 12000 RTP/AVP 107 0 8 101',
  'a=rtpmap:107 opus/48000/2',
  'a=fmtp:107 useinbandfec=1',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n')
