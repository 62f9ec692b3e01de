/** A carrier peer. */
export interface Trunk {
  /** `[a-z0-9_.-]{1,64}`. */
  readonly id: string
  /** Addresses or CIDR blocks that its requests come from. */
  readonly addresses: readonly string[]
  /** Where to send calls to it. */
  readonly target?: {
    readonly host: string
    readonly port: number
    readonly transport: 'udp' | 'tcp' | 'tls'
  }
  readonly enabled: boolean
}
