import { z } from 'zod'

/** What a peer may fill at most: sizes, counts and times. Each has a default that a call centre of 5,000 agents fits in. */
export const limits = z.strictObject({
  messageBytes: limit(65_536, 1_024, 1_048_576, 'Longest SIP message, with its body.'),
  lineBytes: limit(8_192, 256, 65_536, 'Longest line of a SIP message.'),
  headerLines: limit(128, 16, 1_024, 'The most header lines of a SIP message.'),
  vias: limit(64, 4, 256, 'The most Via values of a SIP message.'),
  transactions: limit(
    50_000,
    100,
    1_000_000,
    'The most SIP transactions at once; above it requests get 503.',
  ),
  dialogs: limit(40_000, 100, 1_000_000, 'The most SIP dialogs at once; a call has two.'),
  calls: limit(20_000, 10, 500_000, 'The most calls at once in one door.'),
  contactsPerAgent: limit(5, 1, 64, 'The most registrations of one agent at once.'),
  connections: limit(20_000, 10, 1_000_000, 'The most open connections of one door.'),
  connectionsPerAddress: limit(1_000, 1, 100_000, 'The most open connections from one IP address.'),
  queueBytes: limit(1_048_576, 65_536, 67_108_864, 'Unsent bytes at which a connection is closed.'),
  connectMs: limit(5_000, 100, 60_000, 'How long a connection that the door opens may take.'),
  idleMs: limit(600_000, 10_000, 86_400_000, 'How long a TCP or TLS connection may be silent.'),
  firstMessageMs: limit(10_000, 500, 120_000, 'How long a new connection may stay without a message.'),
  tlsHandshakeMs: limit(5_000, 500, 60_000, 'How long a TLS handshake may take.'),
  resolveMs: limit(2_000, 100, 30_000, 'How long the look-up of a host name may take.'),
  headersMs: limit(5_000, 500, 60_000, 'How long the head of an HTTP request may take.'),
  pingMs: limit(30_000, 1_000, 600_000, 'How often a WebSocket is asked for a sign of life.'),
  maxFragments: limit(64, 1, 1_024, 'The most fragments of a WebSocket message.'),
  maxBufferedChunks: limit(256, 16, 4_096, 'The most unread pieces of a WebSocket connection.'),
  requestBodyBytes: limit(65_536, 1_024, 1_048_576, 'Longest body of an HTTP request.'),
  loginsPerMinutePerAddress: limit(60, 1, 100_000, 'Failed POST /api/session a minute from one IP address.'),
  loginsPerMinutePerAgent: limit(
    10,
    1,
    1_000,
    'Failed POST /api/session a minute for one agent from one address.',
  ),
})

function limit(standard: number, least: number, most: number, meaning: string): z.ZodDefault<z.ZodInt> {
  return z.int().min(least).max(most).default(standard).describe(meaning)
}
