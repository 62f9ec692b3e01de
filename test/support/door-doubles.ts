import { directMedia } from '../../proxy/media/direct.ts'
import type { Media, MediaExchange, MediaStatistics, Placement } from '../../proxy/ports.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'

/** What the media anchor counts in every call. */
export const counted: MediaStatistics = { a: { packets: 1, bytes: 172, errors: 0 } }

/** A media anchor that hands descriptions on as they are, and answers while it is there. */
export function echoes(isThere: () => boolean = () => true): Media {
  const echo = async ({ sdp }: MediaExchange): Promise<string> => {
    if (!isThere()) throw new Error('no answer')
    return sdp
  }
  return { ...directMedia, invite: echo, offer: echo, answer: echo, end: async () => counted }
}

/** Every agent is on that one server; `pins` and `legs` note who is, and by which call. */
export function placementOf(
  server: MediaServer,
  pins: Map<string, string>,
  legs: Map<string, string>,
): Placement {
  return {
    place: async () => ({ kind: 'placed', server }),
    release: async () => undefined,
    async settled({ agent, server: id, call }) {
      pins.set(agent, id)
      legs.set(agent, call)
    },
    async left({ agent, call }) {
      if (legs.get(agent) !== call) return
      pins.delete(agent)
      legs.delete(agent)
    },
    whereIs: async (agent, token) =>
      pins.has(agent) || token === `token-of-${agent}`
        ? { server, call: legs.get(agent) ?? 'c0' }
        : undefined,
    result: () => undefined,
  }
}
