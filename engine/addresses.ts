import type { ListenerAddress, Source } from './api.ts'
import { writeHostPort } from './message/host.ts'
import type { HeaderLine } from './message/message.ts'
import type { Target } from './transport/transport.ts'

/** Where responses go: over the connection of the request, on UDP to the packet's source; never where a header says (RFC 3581 §4). */
export function targetOf({ flow, transport, address, port, listener }: Source): Target {
  return flow === undefined ? { transport, host: address, port, listener } : { flow }
}

/** The Via of a request that leaves from `listener`. `asksForOc`: we take overload feedback of the loss algorithm (RFC 7339 §5.1). */
export function viaLine(
  { transport, advertised }: ListenerAddress,
  branch: string,
  asksForOc: boolean,
): HeaderLine {
  const oc = asksForOc && transport !== 'ws' && transport !== 'wss' ? ';oc;oc-algo="loss"' : ''
  return [
    'Via',
    `SIP/2.0/${transport.toUpperCase()} ${writeHostPort(advertised)};branch=${branch};rport${oc}`,
  ]
}

/** The Contact under which `user` is reached at `listener`. */
export function contactAt(listener: ListenerAddress, user: string | undefined): string {
  const { transport, advertised } = listener
  // RFC 7118 §5.2 knows one value for both kinds of WebSocket.
  const named = transport === 'wss' ? 'ws' : transport
  const suffix = transport === 'udp' ? '' : `;transport=${named}`
  return `<sip:${user === undefined ? '' : `${user}@`}${writeHostPort(advertised)}${suffix}>`
}

/** `value`, a Via line, with the packet's source in its first value (RFC 3261 §18.2.1, RFC 3581 §4). */
export function stampedVia(value: string, { address, port }: Source): string {
  const comma = endOfFirst(value)
  const first = value.slice(0, comma).replaceAll(sourceParams, '').trimEnd()
  return `${first};received=${address};rport=${port}${value.slice(comma)}`
}

/** Where the first of several values ends; a comma in quotes ends nothing. */
function endOfFirst(value: string): number {
  if (!value.includes(',')) return value.length
  if (!value.includes('"')) return value.indexOf(',')
  let inQuotes = false
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '\\') at++
    else if (value[at] === '"') inQuotes = !inQuotes
    else if (value[at] === ',' && !inQuotes) return at
  }
  return value.length
}

const sourceParams = /;[ \t]*(?:received|rport)[ \t]*(?:=[^;,"]*)?(?=[;,]|$)/gi
