import type { Load } from '../domain/media-server.ts'

/** Who is in a conference of one media server, by channel. Plain data; never changed, only replaced. */
export interface Roster {
  /** By Uniqueid. */
  readonly legs: ReadonlyMap<string, Leg>
  /** Uniqueids of all channels that are known, in a conference or not. */
  readonly channels: ReadonlySet<string>
  /** Uniqueids that hung up lately, and when: a Join may be overtaken by the Hangup of its channel. */
  readonly gone: ReadonlyMap<string, number>
}

/** One channel in a conference. */
export interface Leg {
  /** Lower-case: Asterisk compares conference names without regard to case. */
  readonly conference: string
  readonly role: Role
  /** Our call id; absent for channels that the dialplan marked with a role only. */
  readonly call?: string
  readonly since: number
}

/** What a leg is in its conference. */
export type Role = 'agent' | 'client'

/** What was heard of one channel. A leg without a role (a supervisor, an announcement) counts as a channel only. */
export type ChannelEvent =
  | { readonly kind: 'joined'; readonly channel: string; readonly leg?: SeenLeg }
  | { readonly kind: 'left'; readonly channel: string }
  | { readonly kind: 'hung-up'; readonly channel: string }

/** What was heard of channels; a snapshot is everything there is. */
export type RosterEvent =
  ChannelEvent | { readonly kind: 'snapshot'; readonly channels: readonly SeenChannel[] }

/** A leg as an event shows it. */
export type SeenLeg = Omit<Leg, 'since'>

/** A channel of a snapshot. */
export interface SeenChannel {
  readonly channel: string
  readonly leg?: SeenLeg
}

/** Nobody. */
export const emptyRoster: Roster = { legs: new Map(), channels: new Set(), gone: new Map() }

/** How long a channel that hung up is remembered. */
export const tombstoneMs = 60_000

/** The roster after one more event; `now` in milliseconds of any one clock. The same event twice changes nothing. */
export function rosterStep(roster: Roster, event: RosterEvent, now: number): Roster {
  switch (event.kind) {
    case 'joined':
      return joined(roster, event, now)
    case 'left':
      return { ...roster, legs: without(roster.legs, event.channel) }
    case 'hung-up':
      return hungUp(roster, event.channel, now)
    case 'snapshot':
      return replaced(roster, event.channels, now)
  }
}

/** What the roster amounts to. A conference with two legs of its agent counts once; clients without agent are in no call. */
export function loadOf({ legs, channels }: Roster): Counts {
  const all = [...legs.values()]
  const withAgent = new Set(all.filter(({ role }) => role === 'agent').map(({ conference }) => conference))
  const clients = all.filter(({ role }) => role === 'client')
  const withClient = new Set(clients.map(({ conference }) => conference))
  const inCall = [...withAgent].filter(conference => withClient.has(conference)).length
  const conferences = new Set([...withAgent, ...withClient]).size
  return {
    waiting: withAgent.size - inCall,
    inCall,
    clients: clients.length,
    channels: channels.size,
    conferences,
  }
}

/** The numbers of a `Load` that are sizes of sets. */
export type Counts = Pick<Load, 'waiting' | 'inCall' | 'clients' | 'channels'> & {
  readonly conferences: number
}

/** Whether the event cannot have come as it did unless others were lost or doubled on the way. */
export function isOdd({ legs, gone }: Roster, event: ChannelEvent): boolean {
  switch (event.kind) {
    case 'joined':
      return legs.has(event.channel)
    case 'left':
      return !legs.has(event.channel) && !gone.has(event.channel)
    case 'hung-up':
      return gone.has(event.channel)
  }
}

/** Channels that events must have told of: those whose leg is not the same in both, and those that are gone. */
export function differences(before: Roster, after: Roster): readonly string[] {
  const legs = new Set([...before.legs.keys(), ...after.legs.keys()])
  const changed = [...legs].filter(channel => !sameLeg(before.legs.get(channel), after.legs.get(channel)))
  const gone = [...before.channels].filter(channel => !after.channels.has(channel))
  return [...new Set([...changed, ...gone])]
}

function sameLeg(a: Leg | undefined, b: Leg | undefined): boolean {
  return a?.conference === b?.conference && a?.role === b?.role && a?.call === b?.call
}

/** Calls of legs in `after` that were not in `before`: what was reserved for them is now real. A call that moves or tries again has a second leg. */
export function joinedCalls(before: Roster, after: Roster): readonly string[] {
  return [...after.legs].flatMap(([channel, { call }]) => (before.legs.has(channel) ? [] : (call ?? [])))
}

function joined(roster: Roster, { channel, leg }: SeenChannel, now: number): Roster {
  if (roster.gone.has(channel)) return roster
  const channels = new Set(roster.channels).add(channel)
  if (!leg) return { ...roster, channels }
  const since = roster.legs.get(channel)?.since ?? now
  return { ...roster, channels, legs: new Map(roster.legs).set(channel, { ...leg, since }) }
}

function hungUp(roster: Roster, channel: string, now: number): Roster {
  const channels = new Set(roster.channels)
  channels.delete(channel)
  const recent = [...roster.gone].filter(([, at]) => now - at < tombstoneMs)
  return { legs: without(roster.legs, channel), channels, gone: new Map(recent).set(channel, now) }
}

/** The list is at least as new as every event before it, but for channels that were just about to go. */
function replaced(roster: Roster, seen: readonly SeenChannel[], now: number): Roster {
  const present = seen.filter(({ channel }) => !roster.gone.has(channel))
  const legs = present.flatMap(({ channel, leg }): [string, Leg][] =>
    leg ? [[channel, { ...leg, since: roster.legs.get(channel)?.since ?? now }]] : [],
  )
  return {
    legs: new Map(legs),
    channels: new Set(present.map(({ channel }) => channel)),
    gone: new Map([...roster.gone].filter(([, at]) => now - at < tombstoneMs)),
  }
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  if (!map.has(key)) return map
  const rest = new Map(map)
  rest.delete(key)
  return rest
}
