import { createHash } from 'node:crypto'
import type { Body } from '../ports.ts'

/** The type of the events that ConfBridge sends to its participants inside their dialogs. */
export const conferenceEventType = 'application/x-asterisk-confbridge-event+json'

/**
 * A ConfBridge event as the agent may see it: its kind, and for each channel an id that stays the same within `call` and
 * tells nothing of the media server. Undefined when it is no such event.
 */
export function outwardEvent(content: string, call: string): Body | undefined {
  const event = parsed(content)
  const { type, channels } = event
  if (typeof type !== 'string' || !/^Confbridge[A-Za-z]{1,32}$/.test(type) || !Array.isArray(channels))
    return undefined
  const ids = channels.slice(0, mostChannels).map((channel: unknown) => ({ id: opaque(idOf(channel), call) }))
  return { type: conferenceEventType, content: JSON.stringify({ type, channels: ids }) }
}

const mostChannels = 64

function parsed(content: string): { readonly type?: unknown; readonly channels?: unknown } {
  try {
    const value: unknown = JSON.parse(content)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function idOf(channel: unknown): string {
  const id = typeof channel === 'object' && channel !== null && 'id' in channel ? channel.id : undefined
  return typeof id === 'string' ? id : ''
}

function opaque(id: string, call: string): string {
  return createHash('sha256').update(`${call} ${id}`).digest('hex').slice(0, 16)
}
