import { stampedVia } from '../../../engine/addresses.ts'
import { parseCSeq } from '../../../engine/message/cseq.ts'
import { parseAuth, writeAuth } from '../../../engine/message/digest.ts'
import { parseNameAddr, splitList, tagOf, writeNameAddr } from '../../../engine/message/name-addr.ts'
import { parseSessionExpires, writeSessionExpires } from '../../../engine/message/session-expires.ts'
import { parseVia, writeVia } from '../../../engine/message/via.ts'
import { insist, insistLinear, insistSame } from '../oracle.ts'

const source = { transport: 'udp', address: '192.0.2.1', port: 5060, listener: 'fuzz' } as const

/** The value of a header, read as every kind that the engine reads. */
export function fuzz(data: Buffer): void {
  const value = data.toString('utf8')
  // No line break comes so far.
  if (/[\r\n]/.test(value)) return
  read(value)
  for (const item of splitList(value)) read(item)
  insistLinear(data, large => {
    const text = large.toString('latin1')
    read(text)
    splitList(text)
  })
}

function read(value: string): void {
  tagOf(value)
  const nameAddr = parseNameAddr(value)
  if (nameAddr !== undefined) {
    const { display = '', ...rest } = nameAddr
    const again = parseNameAddr(writeNameAddr(nameAddr))
    insistSame(
      again && { ...again, display: again.display ?? '' },
      { ...rest, display },
      'an address survives',
    )
  }
  readVia(value)
  const auth = parseAuth(value)
  if (auth !== undefined && auth.params.size > 0)
    insistSame(parseAuth(writeAuth(auth)), auth, 'credentials survive')
  const cseq = parseCSeq(value)
  if (cseq !== undefined) insistSame(parseCSeq(`${cseq.number} ${cseq.method}`), cseq, 'a CSeq survives')
  const session = parseSessionExpires(value)
  if (session !== undefined)
    insistSame(parseSessionExpires(writeSessionExpires(session)), session, 'a timer survives')
}

function readVia(value: string): void {
  const via = parseVia(value)
  if (via === undefined) return
  insistSame(parseVia(writeVia(via)), via, 'a Via survives')
  const stamped = parseVia(splitList(stampedVia(value, source))[0] ?? '')
  insist(stamped?.params.get('received') === source.address, 'the source is written into a Via')
}
