import type { MediaAnchor } from './rtpengine.ts'

/** Media that is not anchored: each side gets the other's SDP as it is, addresses included. */
export const directMedia: MediaAnchor = {
  offer: async ({ sdp }) => sdp,
  answer: async ({ sdp }) => sdp,
  end: async () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
}
