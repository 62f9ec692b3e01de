import { startLab } from './lab.ts'

/** A real rtpengine in the namespace of the test. */
export interface Rtpengine {
  /** Its control address. */
  readonly url: string
  readonly pid: number
}

/** Starts that many; `outside` is the address that each shows to agents and carriers. They die with the namespace. */
export async function startRtpengines(count: number, outside = '127.0.0.1'): Promise<readonly Rtpengine[]> {
  const starts = Array.from({ length: count }, (_, n) =>
    startLab(`media-${process.ppid}-${n}`, 0, {
      rtpengine: true,
      mediaAddress: outside,
      ngPort: 22_222 + n,
      mediaPorts: [40_000 + n * 1000, 40_999 + n * 1000],
    }),
  )
  return (await Promise.all(starts)).map(({ rtpengine, rtpenginePid }) => ({
    url: rtpengine,
    pid: rtpenginePid,
  }))
}
