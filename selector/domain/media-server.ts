/** What the operator wants of a media server. */
export type Wanted = 'active' | 'draining' | 'disabled'

/** One Asterisk of the fleet, as the operator described it. */
export interface MediaServer {
  /** `[a-z0-9_.-]{1,64}`; the same as `systemname` in its asterisk.conf. */
  readonly id: string
  readonly sip: { readonly host: string; readonly port: number; readonly transport: 'udp' | 'tcp' }
  readonly ami: AmiAddress
  /** The most agents it shall hold. */
  readonly capacity: number
  readonly zone: string
  /** How much of the work it shall get beside servers of the same capacity; default 1. */
  readonly weight?: number
  /**
   * The client legs, inbound and dialled, at which it gets no new agents; absent: any number. A client of an agent who waits there is
   * never refused for it: the agent is nowhere else.
   */
  readonly maxCalls?: number
  readonly wanted: Wanted
  /** While it is draining: whether agents who are in no call are moved to other servers. */
  readonly evacuate?: boolean
  /** How its own registration stands; absent: an operator wrote it. `lapsed`: that is why it is drained. */
  readonly registration?: 'current' | 'lapsed'
}

/** What a media server's id looks like. */
export const serverId = /^(?=.*[a-z0-9])[a-z0-9_.-]{1,64}$/

/** Where and as whom to log in to the Manager Interface. */
export interface AmiAddress {
  readonly host: string
  readonly port: number
  readonly username: string
  /** Never shown by the API. */
  readonly secret: string
  /** Present: TLS, with a certificate that names `host` and is signed by this authority, or by one that the system trusts. */
  readonly tls?: { readonly ca?: string }
}

/** What a media server carries, told by its Manager Interface. Every number is the size of a set of channel ids. */
export interface Load {
  /** Agents alone in their conference. */
  readonly waiting: number
  /** Conferences with an agent and at least one client. */
  readonly inCall: number
  /** Client legs in a conference. */
  readonly clients: number
  /** All channels that belong to calls. */
  readonly channels: number
  /** Conferences with anybody in them. */
  readonly conferences?: number
  /** When it was true, in wall-clock milliseconds. */
  readonly takenAt: number
  /** When that Asterisk started, in wall-clock milliseconds. */
  readonly boot: number
  /** Milliseconds that an event takes from Asterisk to its collector; `takenAt` is that much in the past. */
  readonly lagMs?: number
  /** How that Asterisk is, as far as its Manager Interface tells. */
  readonly state?: ManagerState
  /** True in the state `known` only: nothing says that the numbers are wrong. */
  readonly reconciled: boolean
}

/**
 * How an Asterisk is, as far as its Manager Interface tells. Its calls may be alive in every state but `dead`.
 * - `known`: connected, and the numbers were compared with its own list of channels
 * - `unknown`: not connected or not compared yet; nothing speaks for its death
 * - `draining`: it shuts down gracefully: it goes on with its calls and events, and refuses everything new
 * - `hung`: it takes what it is sent and does not answer
 * - `dead`: it closed the connection, or nobody listens any more
 */
export type ManagerState = 'known' | 'unknown' | 'draining' | 'hung' | 'dead'

/** A media server with everything that bears on a choice. Times are wall-clock milliseconds. */
export interface Candidate {
  readonly server: MediaServer
  /** Absent until a first snapshot was taken. */
  readonly load?: Load
  /** Places reserved for calls that have not joined yet. */
  readonly reserved: number
  readonly health: Health
  /** Until when an ejected server gets no calls at all; afterwards a few, on trial. */
  readonly until?: number
  /** How often in a row it was ejected. */
  readonly ejections?: number
  /** Since when it takes calls again, for the ramp of a new or recovered server. */
  readonly warmSince?: number
  /** When it may get its next call, if it is in its ramp or on trial. */
  readonly nextAt?: number
  /** Calls that whoever looks has placed there itself and that are not over; where nothing better is known. */
  readonly placed?: number
  /** Calls of those that are over and that the counters still show, as they were taken before. */
  readonly ended?: number
}

/**
 * Whether calls get through to it. `stopping`: it shuts down gracefully; `ejected`: it answers probes and fails real
 * calls.
 */
export type Health = 'up' | 'down' | 'unknown' | 'stopping' | 'ejected'

/** What is told of a server's health. */
export interface HealthWord {
  readonly health: Health
  readonly until?: number
  readonly ejections?: number
}

/** Whether an agent goes back to a server where its place is kept, whatever else there is: its clients wait there. */
export function takesBack({ wanted }: Pick<MediaServer, 'wanted'>): boolean {
  return wanted !== 'disabled'
}

/** Whether that server is to be asked at all: of one that takes no call whatever it knows, an agent does not wait for the refusal. */
export function canTakeBack({
  server,
  health,
  load,
}: Pick<Candidate, 'server' | 'health' | 'load'>): boolean {
  return (
    takesBack(server) && health !== 'down' && health !== 'stopping' && !refusing.has(load?.state ?? 'known')
  )
}

const refusing: ReadonlySet<ManagerState> = new Set(['draining', 'hung', 'dead'])
