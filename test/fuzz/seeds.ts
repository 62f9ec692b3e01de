import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { frame } from '../../engine/control/framing.ts'
import type { TargetName } from './targets.ts'

/** What a target is fed with first: the messages of RFC 4475 and RFC 5118, whole or in parts. */
export function seedsOf(name: TargetName): readonly Buffer[] {
  const messages = corpus()
  switch (name) {
    case 'datagram':
      return messages
    case 'stream':
      return messages.map((message, at) => Buffer.concat([Buffer.alloc(8, at * 37), message, crlf, message]))
    case 'uri':
      return unique(messages.flatMap(message => message.toString().match(/[a-z]+:[^\s<>"]+/gi) ?? []))
    case 'headers':
      return unique([
        ...messages.flatMap(headerValues),
        challenge,
        'Digest nc=00000001, qop=auth',
        '1800;refresher=uac',
      ])
    case 'control':
      return orders.map((order, at) => Buffer.concat([Buffer.of(at * 31), frame(order, messages[at])]))
  }
}

function corpus(): Buffer[] {
  return ['rfc4475', 'rfc5118'].flatMap(name => {
    const folder = fileURLToPath(new URL(`../fixtures/${name}/`, import.meta.url))
    return readdirSync(folder)
      .filter(file => !/\.(json|md)$/.test(file))
      .toSorted()
      .map(file => readFileSync(`${folder}${file}`))
  })
}

function headerValues(message: Buffer): string[] {
  const [head = ''] = message.toString().split('\r\n\r\n')
  return head
    .split(/\r?\n(?![ \t])/)
    .slice(1)
    .map(line => line.slice(line.indexOf(':') + 1).trim())
}

function unique(texts: readonly string[]): Buffer[] {
  return [...new Set(texts)].map(text => Buffer.from(text))
}

const crlf = Buffer.from('\r\n\r\n')
const challenge =
  'Digest realm="atlanta.example.com", nonce="84a4cc6f", qop="auth,auth-int", algorithm=SHA-256, stale=FALSE'
const orders = [
  '1|authenticate|secret|one,two',
  '2|route|INVITE',
  '3|remove_route|invite',
  '4|ping',
  '5|sip|transaction||',
  '6|sip||dialog|sip:10.0.0.1;transport=tcp',
  '7|sip|||',
  '8|proxy|transaction|remainInDialog|fullResponse|followRedirects|simultaneous|2s|500ms|sip:a@b|sip:c@d',
  'a.b:c-9|nothing|x',
]
