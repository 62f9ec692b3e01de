import type { Load, MediaServer } from '../../selector/domain/media-server.ts'
import { showChannels } from './ask-ami.ts'

/** The numbers of a load that Asterisk itself can tell. */
export type TrueCounts = Pick<Load, 'waiting' | 'inCall' | 'clients' | 'channels'>

/** What CoreShowChannels of that Asterisk amounts to, counted by none of the product's code. */
export async function trueCounts({ ami }: Pick<MediaServer, 'ami'>): Promise<TrueCounts> {
  const channels = await showChannels(ami)
  const legs = channels
    .filter(one => one.get('application') === 'ConfBridge')
    .map(one => ({
      room: one.get('applicationdata')?.split(',')[0],
      role: one.get('accountcode')?.split(':')[0],
    }))
  const rooms = new Set(legs.filter(({ role }) => role === 'agent').map(({ room }) => room))
  const clients = legs.filter(({ role }) => role === 'client')
  const inCall = [...rooms].filter(room => clients.some(client => client.room === room)).length
  return { waiting: rooms.size - inCall, inCall, clients: clients.length, channels: channels.length }
}

/** Whether the counters are reconciled and say what Asterisk says; false while it cannot be asked. */
export async function areTrue(load: Load | undefined, server: Pick<MediaServer, 'ami'>): Promise<boolean> {
  if (load?.reconciled !== true) return false
  const real = await trueCounts(server).catch(() => undefined)
  if (real === undefined) return false
  return (['waiting', 'inCall', 'clients', 'channels'] as const).every(name => load[name] === real[name])
}
