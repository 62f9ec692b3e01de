import { isToken, trimmed } from './grammar.ts'
import { parseHostPort, writeHostPort, type HostPort } from './host.ts'
import { parseParams, without, writeAsRead, writeParams, type Params } from './params.ts'

/** One Via value (RFC 3261 §20.42). */
export interface Via {
  /** Upper case, e.g. `UDP`. */
  readonly transport: string
  /** The sent-by host; IPv6 addresses stand without brackets. */
  readonly host: string
  readonly port?: number
  readonly branch?: string
  /** All parameters but branch: names in lower case, values without quotes; undefined when there is no `=`. */
  readonly params: Params
}

/** Reads one value (`splitList` first); undefined when it is broken or of another protocol than SIP/2.0. */
export function parseVia(value: string): Via | undefined {
  const semicolon = value.indexOf(';')
  const head = semicolon === -1 ? value : value.slice(0, semicolon)
  const read = head.startsWith('SIP/2.0/') ? readCompact(head) : readSpaced(head)
  if (read === undefined || !isToken(read.transport)) return undefined
  const sentBy = parseHostPort(read.sentBy)
  const params = parseParams(value, head.length)
  if (sentBy === undefined || params === undefined) return undefined
  return viaOf(read.transport.toUpperCase(), sentBy, params.get('branch'), without(params, 'branch'))
}

/** Writes what `parseVia` reads. */
export function writeVia(via: Via): string {
  const branch = via.branch === undefined ? '' : `;branch=${writeAsRead(via.branch)}`
  return `SIP/2.0/${via.transport} ${writeHostPort(via)}${branch}${writeParams(via.params)}`
}

function viaOf(transport: string, { host, port }: HostPort, branch: string | undefined, params: Params): Via {
  if (port === undefined) {
    return branch === undefined ? { transport, host, params } : { transport, host, branch, params }
  }
  return branch === undefined ? { transport, host, port, params } : { transport, host, port, branch, params }
}

interface ProtocolAndSentBy {
  readonly transport: string
  readonly sentBy: string
}

function readCompact(head: string): ProtocolAndSentBy | undefined {
  const blank = head.indexOf(' ')
  if (blank === -1) return readSpaced(head)
  const sentBy = trimmed(head, blank, head.length)
  return sentBy.includes(' ') || sentBy.includes('\t')
    ? readSpaced(head)
    : { transport: head.slice(8, blank), sentBy }
}

/** RFC 3261 §25.1 allows blanks around every slash and colon: `SIP / 2.0 / UDP first.example.com : 4000`. */
function readSpaced(head: string): ProtocolAndSentBy | undefined {
  const found = spaced.exec(head)
  if (found === null) return undefined
  const [, transport = '', host = '', port] = found
  return { transport, sentBy: port === undefined ? host : `${host}:${port}` }
}

const spaced = /^\s*SIP\s*\/\s*2\.0\s*\/\s*([^\s/]+)\s+(\[[^\s\]]+\]|[^\s:[\]]+)(?:\s*:\s*(\d+))?\s*$/i
