import type { Clock } from '../../runtime/clock.ts'
import { PorticoError } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { MediaServer } from '../domain/media-server.ts'
import { createAmiLink, type AmiLink } from './link.ts'

/** One leg in a conference, as that Asterisk itself tells. */
export interface ConferenceMember {
  readonly role: 'agent' | 'client' | 'other'
  /** Our id of its call; empty when it is not one of ours. */
  readonly call: string
}

/** What is needed to ask a media server something once. */
export interface AskOptions {
  readonly clock: Clock
  readonly log: Log
  /** Injected so that a test needs no Asterisk. */
  readonly connect?: (server: MediaServer) => AmiLink
}

/**
 * Who is in a conference now, asked of the media server itself over a connection of its own. Empty when there is no such
 * conference. Rejects with `E_AMI_LOGIN`, `E_AMI_CLOSED` or `E_AMI_TIMEOUT`.
 */
export async function conferenceMembers(
  server: MediaServer,
  conference: string,
  options: AskOptions,
): Promise<readonly ConferenceMember[]> {
  const link = options.connect?.(server) ?? linkTo(server, options)
  try {
    await loggedIn(link, server, options.clock)
    const channels = await channelsOf(link, conference)
    if (channels.length === 0) return []
    const all = await link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
    const accounts = new Map(all.map(item => [item.get('channel') ?? '', item.get('accountcode') ?? '']))
    return channels.map(channel => memberOf(accounts.get(channel) ?? ''))
  } finally {
    link.stop()
  }
}

function linkTo(server: MediaServer, { clock, log }: AskOptions): AmiLink {
  return createAmiLink({ server: server.id, address: server.ami, clock, chance: () => 0, log })
}

function loggedIn(link: AmiLink, { id }: MediaServer, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = new PorticoError(
      'E_AMI_TIMEOUT',
      `${id}: the Manager Interface did not let us in within 5 s`,
    )
    const cancel = clock.after(5_000, () => reject(late))
    link.start(event => {
      if (event.kind === 'event') return
      cancel()
      if (event.kind === 'up') resolve()
      else reject(event.error)
    })
  })
}

/** Asterisk answers for a conference that does not exist with an error, not with an empty list. */
async function channelsOf(link: AmiLink, conference: string): Promise<readonly string[]> {
  try {
    const items = await link.list({ action: 'ConfbridgeList', conference }, 'ConfbridgeListComplete')
    return items.map(item => item.get('channel') ?? '')
  } catch (cause) {
    if (cause instanceof PorticoError && cause.code === 'E_AMI_REFUSED') return []
    throw cause
  }
}

function memberOf(account: string): ConferenceMember {
  const [role = '', call = ''] = account.split(':')
  return role === 'agent' || role === 'client' ? { role, call } : { role: 'other', call: '' }
}
