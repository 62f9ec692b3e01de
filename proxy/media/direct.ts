import type { MediaExchange } from '../ports.ts'
import type { MediaAnchor } from './rtpengine.ts'
import { parseSdp } from './sdp.ts'

/** Media that is not anchored: each side gets the other's SDP as it is, addresses included. */
export const directMedia: MediaAnchor = {
  anchors: false,
  invite: asItIs,
  offer: asItIs,
  answer: asItIs,
  drop: async () => undefined,
  statistics: async () => undefined,
  end: async () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
  onLost: () => undefined,
}

/** Limits hold all the same. */
async function asItIs({ sdp }: MediaExchange): Promise<string> {
  parseSdp(sdp)
  return sdp
}
