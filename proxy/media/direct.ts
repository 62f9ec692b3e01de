import type { MediaAnchor } from './rtpengine.ts'

/** Media that is not anchored: each side gets the other's SDP as it is, addresses included. */
export const directMedia: MediaAnchor = {
  anchors: false,
  invite: async ({ sdp }) => sdp,
  offer: async ({ sdp }) => sdp,
  answer: async ({ sdp }) => sdp,
  drop: async () => undefined,
  statistics: async () => undefined,
  adopt: async () => true,
  end: async () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
}
