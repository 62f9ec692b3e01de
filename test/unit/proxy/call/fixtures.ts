import type { Call, CallState, Up } from '../../../../proxy/call/call.ts'
import type { MediaServer } from '../../../../selector/domain/media-server.ts'

/** A media server that is good enough to be named. */
export function server(id: string): MediaServer {
  return {
    id,
    sip: { host: '127.0.1.1', port: 5060, transport: 'udp' },
    ami: { host: '127.0.1.1', port: 5038, username: 'portico', secret: 'x' },
    capacity: 10,
    zone: 'default',
    wanted: 'active',
  }
}

export const ms1 = server('ms-1')
export const ms2 = server('ms-2')

/** An agent calling in. */
export const agentCall: Call = {
  id: 'c1',
  kind: 'agent',
  agent: '1001',
  transaction: 't-a',
  dialog: 'd-a',
  aSide: 'browser',
  offer: 'o=a',
  attempts: 3,
  tryMs: 2000,
  ringMs: 180_000,
  flowGraceMs: 30_000,
}

/** A carrier calling the agent that waits on ms-1. */
export const clientCall: Call = {
  ...agentCall,
  kind: 'client',
  trunk: 'acision',
  server: ms1,
  aSide: 'carrier',
}

export const trying: Extract<CallState, { kind: 'trying' }> = {
  kind: 'trying',
  server: ms1,
  tried: ['ms-1'],
  branch: 'c1-b1',
  ringing: false,
  offered: 'o=b-offer',
}

export const answering: Extract<CallState, { kind: 'answering' }> = {
  kind: 'answering',
  server: ms1,
  branch: 'c1-b1',
  dialog: 'd-b',
  offered: 'o=b-offer',
  answered: 'o=b',
}

export const up: Up = {
  kind: 'up',
  server: ms1,
  branch: 'c1-b1',
  dialogs: { a: 'd-a', b: 'd-b' },
  heard: { a: 'o=a', b: 'o=b' },
  told: { a: 'o=a-answer', b: 'o=b-offer' },
  relays: [],
}
