/** Whether a trunk may name this header to let it cross the door: not those by which SIP itself works, or that the door decides. */
export function mayCross(name: string): boolean {
  const lower = name.toLowerCase()
  // RFC 3261 §7.3.3: one letter is the compact form of another header.
  return (
    /^[a-z0-9.!%*_+`'~-]{2,64}$/.test(lower) && !kept.has(lower) && !/^(?:content|x-portico)-/.test(lower)
  )
}

/** They route, identify, authenticate, frame or negotiate (RFC 3261 §20, 3262, 3323, 3325, 3327, 3608, 3891, 3911, 4028, 4244, 8224). */
const kept: ReadonlySet<string> = new Set([
  'accept',
  'allow',
  'authorization',
  'authentication-info',
  'call-id',
  'contact',
  'cseq',
  'from',
  'join',
  'max-breadth',
  'max-forwards',
  'min-se',
  'p-asserted-identity',
  'p-preferred-identity',
  'path',
  'privacy',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-require',
  'rack',
  'record-route',
  'refer-to',
  'referred-by',
  'remote-party-id',
  'replaces',
  'require',
  'route',
  'rseq',
  'service-route',
  'session-expires',
  'supported',
  'to',
  'unsupported',
  'via',
  'www-authenticate',
])
