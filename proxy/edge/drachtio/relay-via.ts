/**
 * The top Via on its way between the drachtio-server's loopback listener and a browser. Towards the browser nothing may
 * tell of the loopback connection; towards the server its own Via must come back as it was.
 */

/**
 * A message of the server as the browser may see it: `face` (`SIP/2.0/WSS host:port`) replaces the server's own in a
 * request, which is handed back in `sentBy`.
 */
export function towardsBrowser(
  message: Buffer,
  face: string,
): { readonly message: Buffer; readonly sentBy?: string } {
  if (isResponse(message)) {
    return { message: withTopVia(message, hidden) }
  }
  let sentBy: string | undefined
  const faced = withTopVia(message, via =>
    via.replace(sentByPattern, found => {
      sentBy = found
      return face
    }),
  )
  return { message: faced, ...(sentBy !== undefined && { sentBy }) }
}

/** A message of the browser as the server must see it. */
export function towardsServer(message: Buffer, sentBy: string | undefined): Buffer {
  if (sentBy === undefined || !isResponse(message)) return message
  return withTopVia(message, via => via.replace(sentByPattern, () => sentBy))
}

const sentByPattern = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*\w+[ \t]+[^;,\s]+/i
const topVia = /\r\n((?:via|v)[ \t]*:[ \t]*)([^\r\n]*)/i

/** Where the server saw the agent: the loopback end of the relay. */
function hidden(via: string): string {
  return via.replace(/;received=[^;,\s]*/i, '').replace(/;rport=\d*/i, ';rport')
}

function isResponse(message: Buffer): boolean {
  return message.toString('latin1', 0, 8) === 'SIP/2.0 '
}

function withTopVia(message: Buffer, change: (via: string) => string): Buffer {
  const end = message.indexOf('\r\n\r\n')
  const head = message.toString('latin1', 0, end < 0 ? message.length : end)
  const changed = head.replace(topVia, (_, name: string, value: string) => {
    const [first = '', ...rest] = value.split(',')
    return `\r\n${name}${[change(first), ...rest].join(',')}`
  })
  if (changed === head) return message
  const rest = end < 0 ? Buffer.alloc(0) : message.subarray(end)
  return Buffer.concat([Buffer.from(changed, 'latin1'), rest])
}
