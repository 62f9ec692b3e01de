import type { AmiMessage } from './message.ts'
import type { ChannelEvent, RosterEvent, SeenChannel, SeenLeg } from './roster.ts'

/** What an event of Asterisk means for the roster; undefined when it means nothing. */
export function rosterEventOf(message: AmiMessage): ChannelEvent | undefined {
  const channel = message.get('uniqueid')
  if (!channel) return undefined
  switch (message.get('event')?.toLowerCase()) {
    case 'confbridgejoin':
      return { kind: 'joined', ...seen(channel, message.get('conference'), message) }
    case 'confbridgeleave':
      return { kind: 'left', channel }
    case 'hangup':
      return { kind: 'hung-up', channel }
    default:
      return undefined
  }
}

/** The answer to `CoreShowChannels` as a snapshot. */
export function snapshotOf(items: readonly AmiMessage[]): RosterEvent {
  const channels = items.flatMap(item => {
    const channel = item.get('uniqueid')
    return channel ? [seen(channel, conferenceOf(item), item)] : []
  })
  return { kind: 'snapshot', channels }
}

/** `ConfBridge(agt-1001,callcentre,agent)` shows as application `ConfBridge` with these arguments as data. */
function conferenceOf(item: AmiMessage): string | undefined {
  if (item.get('application')?.toLowerCase() !== 'confbridge') return undefined
  return item.get('applicationdata')?.split(',')[0]
}

function seen(channel: string, conference: string | undefined, message: AmiMessage): SeenChannel {
  const leg = legOf(conference, message.get('accountcode') ?? '')
  return leg ? { channel, leg } : { channel }
}

/** The dialplan marks each leg by an account code: `agent:<call>` or `client:<call>`; the call may be missing. */
function legOf(conference: string | undefined, accountCode: string): SeenLeg | undefined {
  const [, role, call] = /^(agent|client)(?::([A-Za-z0-9-]{0,40}))?$/.exec(accountCode) ?? []
  if (!conference || (role !== 'agent' && role !== 'client')) return undefined
  const leg = { conference: conference.toLowerCase(), role } as const
  return call ? { ...leg, call } : leg
}
