import type { MediaSide } from '../ports.ts'

/**
 * Which codecs are spoken where. `opus`: by browser and media server alike, which mixes it with the G.711 of carriers;
 * `transcode`: browsers speak Opus, and the media anchor turns it into G.711 for media servers; `g711`: G.711 everywhere.
 */
export type CodecPolicy = 'opus' | 'transcode' | 'g711'

const g711 = ['PCMA', 'PCMU', 'telephone-event'] as const
const withOpus = ['opus', ...g711] as const

/** The codecs that a party may speak, best first. */
export function codecsOf(policy: CodecPolicy, side: MediaSide): readonly string[] {
  if (policy === 'opus') return withOpus
  return policy === 'transcode' && side === 'browser' ? ['opus', 'telephone-event'] : g711
}

/** What rtpengine does with the codecs of an offer of `from` for `to`, in its own words. */
export function conversionOf(
  policy: CodecPolicy,
  from: MediaSide,
  to: MediaSide,
): Readonly<Record<string, readonly string[]>> {
  const [spoken, wanted] = [codecsOf(policy, from), codecsOf(policy, to)]
  const foreign = spoken.filter(codec => !wanted.includes(codec))
  if (foreign.length === 0) return { strip: ['all'], offer: wanted }
  // Masked, not stripped: they stay what `from` is answered with.
  return { mask: foreign, transcode: wanted }
}
