import type { Answering, Call, Late, OutsidePlace, Place, Trying, Up } from '../../../../proxy/call/call.ts'
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

export const onMs1: Place = { kind: 'server', server: ms1 }
export const onMs2: Place = { kind: 'server', server: ms2 }

/** A peer of a trunk. */
export function peer(id: string): OutsidePlace {
  return {
    kind: 'outside',
    id,
    uri: `sip:+4930123@${id}.example`,
    headers: [['From', '<sip:+49301@portico.test>']],
  }
}

/** An agent calling in. */
export const agentCall: Call = {
  id: 'c1',
  kind: 'agent',
  agent: '1001',
  transaction: 't-a',
  dialog: 'd-a',
  aSide: 'browser',
  source: '198.51.100.7',
  bSide: 'server',
  offer: 'o=a',
  target: { kind: 'any-server' },
  anchored: true,
  attempts: 3,
  tryMs: 2000,
  ringMs: 180_000,
  flowGraceMs: 30_000,
  holdMs: 30_000,
}

/** A carrier calling the agent that waits on ms-1. */
export const clientCall: Call = {
  ...agentCall,
  kind: 'client',
  dialled: { trunk: 'acision', number: '4930123' },
  aSide: 'carrier',
  target: { kind: 'places', places: [onMs1, onMs1] },
}

/** A media server calling a number for its agent. */
export const dialOut: Call = {
  ...agentCall,
  kind: 'dial-out',
  dialled: { trunk: 'pstn', number: '4930456', route: 'out' },
  aSide: 'server',
  bSide: 'carrier',
  caller: ms1,
  target: { kind: 'places', places: [peer('p1'), peer('p2')] },
}

/** A media server calling its agent. */
export const ringAgent: Call = {
  ...dialOut,
  kind: 'ring-agent',
  bSide: 'browser',
  target: { kind: 'places', places: [{ ...peer('f1'), flow: 'f1' }] },
}

/** A carrier's call that goes on to another one. */
export const transit: Call = {
  ...clientCall,
  kind: 'transit',
  agent: '',
  onward: { trunk: 'pstn', number: '4930456' },
  bSide: 'carrier',
  target: { kind: 'places', places: [peer('p1'), peer('p2')] },
}

/** An agent calling a number beside its own conference. */
export const consultOut: Call = {
  ...agentCall,
  kind: 'consult-out',
  agent: '',
  by: '1001',
  dialled: { trunk: 'pstn', number: '4930456' },
  bSide: 'carrier',
  target: { kind: 'places', places: [peer('p1'), peer('p2')] },
}

/** The same call by a caller that leaves the offer to the other side. */
export function withoutOffer(call: Call): Call {
  return { ...call, offer: undefined }
}

const attempt = { place: onMs1, branch: 'c1-b1', tried: ['ms-1'], rehomed: false }

export const trying: Trying = { kind: 'trying', ...attempt, ringing: false, told: 0, offered: 'o=b-offer' }

export const answering: Answering = {
  kind: 'answering',
  ...attempt,
  dialog: 'd-b',
  offered: 'o=b-offer',
  answered: 'o=b',
}

export const late: Late = {
  kind: 'late',
  stage: 'offering',
  ...attempt,
  dialog: 'd-b',
  offer: 'o=b',
  told: '',
  answer: '',
}

export const up: Up = {
  kind: 'up',
  server: ms1,
  media: 'c1-b1',
  legs: {
    a: { dialog: 'd-a', tag: 'a', heard: 'o=a', told: 'o=a-answer' },
    b: { dialog: 'd-b', tag: 'c1-b1', heard: 'o=b', told: 'o=b-offer' },
  },
  relays: [],
  sent: 1,
  move: undefined,
  anchor: undefined,
  former: [],
  untidy: [],
  transfer: undefined,
  loan: undefined,
}
