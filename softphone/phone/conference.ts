import { isRecord, parseJson } from './json.ts'

/**
 * What the conference told in an in-dialog MESSAGE of type `application/x-asterisk-confbridge-event+json`.
 * `welcome` lists everybody who is in, the reader of it included; nobody is told of his own coming or going.
 */
export type ConferenceEvent =
  | { readonly kind: 'welcome'; readonly members: readonly string[] }
  | { readonly kind: 'joined'; readonly member: string }
  | { readonly kind: 'left'; readonly member: string }

/** Who is in the conference, as far as it is known; `listed` when the agent itself is among `members`. */
export interface Room {
  readonly members: readonly string[]
  readonly listed: boolean
}

/** The room as the agent finds it when nothing has been told yet. */
export const emptyRoom: Room = { members: [], listed: false }

/** The room after `event`. Events may come twice. */
export function afterEvent(room: Room, event: ConferenceEvent): Room {
  switch (event.kind) {
    case 'welcome':
      return { members: event.members, listed: true }
    case 'joined':
      return { ...room, members: [...without(room.members, event.member), event.member].slice(-mostMembers) }
    case 'left':
      return { ...room, members: without(room.members, event.member) }
  }
}

/** How many others are in the room. */
export function othersIn(room: Room): number {
  return Math.max(0, room.members.length - (room.listed ? 1 : 0))
}

/** Reads the body of a MESSAGE; undefined when it is of another type, too long, or not of the form that is known. */
export function readConferenceEvent(type: string, body: string): ConferenceEvent | undefined {
  if (!type.toLowerCase().startsWith(eventType) || body.length > longestBody) return undefined
  const message = parseJson(body)
  if (!isRecord(message) || !Array.isArray(message['channels'])) return undefined
  const members = message['channels'].slice(0, mostMembers).map(memberOf)
  if (!members.every(member => member !== undefined)) return undefined
  return eventOf(message['type'], members)
}

const eventType = 'application/x-asterisk-confbridge-event+json'
const longestBody = 65_536
const mostMembers = 64
const longestId = 128

function eventOf(type: unknown, members: readonly string[]): ConferenceEvent | undefined {
  const [member] = members
  if (type === 'ConfbridgeWelcome') return { kind: 'welcome', members }
  if (member === undefined) return undefined
  if (type === 'ConfbridgeJoin') return { kind: 'joined', member }
  return type === 'ConfbridgeLeave' ? { kind: 'left', member } : undefined
}

function memberOf(channel: unknown): string | undefined {
  const id = isRecord(channel) ? channel['id'] : undefined
  return typeof id === 'string' && id.length > 0 && id.length <= longestId ? id : undefined
}

function without(members: readonly string[], member: string): string[] {
  return members.filter(other => other !== member)
}
