import { setTimeout as pause } from 'node:timers/promises'
import type { MediaExchange, MediaParty } from '../../proxy/ports.ts'
import { openTonePhone, rtpRate, type TonePhone } from './rtp-tone.ts'
import { audioTarget, pcmaOffer } from './sip-client.ts'
import { toneLevel } from './tone.ts'

/** A party of an anchored call that sends a tone of its own and listens. */
export interface MediaPhone {
  readonly party: MediaParty
  readonly tone: TonePhone
  /** What it says to `to`; `direction` is an attribute of SDP. */
  says(call: string, to: MediaPhone, direction?: string): MediaExchange
  /** Sends where an SDP of the anchor wants it. */
  sendsTo(sdp: string): void
  /** Levels of tones in what it receives during `ms`. */
  hears(ms?: number): Promise<(hz: number) => number>
  close(): void
}

/** Opens one that plays `hz` at `address`; what it sends begins with `sendsTo`. */
export async function openMediaPhone(party: MediaParty, address: string, hz: number): Promise<MediaPhone> {
  const tone = await openTonePhone(address)
  tone.play(hz)
  let version = 0
  return {
    party,
    tone,
    says(call, to, direction = 'sendrecv') {
      version += 1
      const sdp = pcmaOffer(address, tone.port)
        .replace('o=- 1 1', `o=- 1 ${version}`)
        .replace('a=sendrecv', `a=${direction}`)
      return { call, from: party, to: to.party, sdp }
    },
    sendsTo(sdp) {
      const { host, port } = audioTarget(sdp)
      tone.sendTo(host, port)
    },
    async hears(ms = 600) {
      tone.heard()
      await pause(ms)
      const samples = tone.heard()
      return hz => toneLevel(samples, rtpRate, hz)
    },
    close: () => tone.close(),
  }
}
