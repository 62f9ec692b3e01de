/** The fuzz targets; each is a file of `targets/` that exports `fuzz`. */
export const targetNames = ['datagram', 'stream', 'uri', 'headers', 'control'] as const

/** The name of one of them. */
export type TargetName = (typeof targetNames)[number]

/** Loads a target for use in this process. */
export async function target(name: TargetName): Promise<(data: Buffer) => void> {
  switch (name) {
    case 'datagram':
      return (await import('./targets/datagram.ts')).fuzz
    case 'stream':
      return (await import('./targets/stream.ts')).fuzz
    case 'uri':
      return (await import('./targets/uri.ts')).fuzz
    case 'headers':
      return (await import('./targets/headers.ts')).fuzz
    case 'control':
      return (await import('./targets/control.ts')).fuzz
  }
}
