import type { Media } from '../ports.ts'
import type { CallSession } from './call-session.ts'
import { innerLeg } from './parties.ts'

/** How many packets came in from a media server so far, in each of a few calls on it; a call that nobody counts is left out. */
export async function packetsFrom(
  server: string,
  calls: Iterable<CallSession>,
  media: Pick<Media, 'statistics'>,
): Promise<ReadonlyMap<string, number>> {
  const some = [...calls].filter(session => session.server === server && session.state.kind === 'up')
  const counts = await Promise.all(some.slice(0, listened).map(session => countOf(session, media)))
  return new Map(counts.flatMap(count => (count === undefined ? [] : [count])))
}

async function countOf(
  { call, state }: CallSession,
  media: Pick<Media, 'statistics'>,
): Promise<readonly [call: string, packets: number] | undefined> {
  if (state.kind !== 'up') return undefined
  const statistics = await media.statistics(state.media).catch(() => undefined)
  const leg = innerLeg(call)
  const inner = leg && statistics?.[state.legs[leg].tag]
  return inner && [call.id, inner.packets]
}

/** Each costs an order to the media anchor. */
const listened = 4
