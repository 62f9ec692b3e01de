/**
 * Whether a message that goes out to a peer says that somebody here has taken it in: a request, or a response above 100 and
 * below 300 to anything but OPTIONS, which strangers are answered as well.
 */
export function isAcceptance(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 12)
  if (!start.startsWith('SIP/2.0 ')) return bytes.length > keepAliveBytes
  const status = Number(start.slice(8, 11))
  if (!(status > 100 && status < 300)) return false
  const text = bytes.toString('latin1')
  const head = text.slice(0, text.indexOf('\r\n\r\n'))
  return !/\r\nCSeq[ \t]*:\s*\d+\s+OPTIONS/i.test(head)
}

const keepAliveBytes = 4
