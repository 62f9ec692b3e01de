import { addressOf, isHidden } from '../../../engine/dialog/next-hop.ts'
import { parseHostPort, writeHostPort } from '../../../engine/message/host.ts'
import { parseUri, sameUri, unescaped, writeUri } from '../../../engine/message/uri.ts'
import { insist, insistLinear, insistSame } from '../oracle.ts'

/** A URI, and a host with its port, as they stand in a header. */
export function fuzz(data: Buffer): void {
  read(data.toString('utf8'))
  insistLinear(data, large => read(large.toString('latin1')))
}

function read(text: string): void {
  unescaped(text)
  addressOf(text)
  isHidden(text, '192.0.2.1')
  const host = parseHostPort(text)
  if (host !== undefined) insistSame(parseHostPort(writeHostPort(host)), host, 'a host survives writing')
  const uri = parseUri(text)
  if (uri === undefined) return
  const again = parseUri(writeUri(uri))
  insistSame(again, uri, 'a URI survives writing')
  insist(again !== undefined && sameUri(again, uri) && sameUri(uri, uri), 'a URI equals itself')
}
