/** A carrier: who its requests come from, where calls to it go, and what holds for both. */
export interface Trunk {
  /** `[a-z0-9_.-]{1,64}`. */
  readonly id: string
  readonly enabled: boolean
  /** Addresses or CIDR blocks that its requests come from, besides those of its peers. */
  readonly addresses: readonly string[]
  /** Where calls to it are sent. */
  readonly peers?: readonly TrunkPeer[]
  /** With what it is answered when it asks who we are (RFC 3261 §22). */
  readonly account?: TrunkAccount
  /** With what it must prove who it is, besides its address. */
  readonly challenge?: Pick<TrunkAccount, 'user' | 'password'>
  readonly limits?: TrunkLimits
  /** Headers that cross the door in an INVITE: from the trunk, and to it. All others stop. */
  readonly headers?: { readonly in?: readonly string[]; readonly out?: readonly string[] }
  /** Which header names the caller, in calls from it and to it: From, or P-Asserted-Identity (RFC 3325). Default: From. */
  readonly identity?: 'from' | 'asserted'
}

/** One machine of a trunk. */
export interface TrunkPeer {
  /** An IP address is a source of its requests too; a name is not. */
  readonly host: string
  readonly port: number
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** Addresses or CIDR blocks that its requests come from. */
  readonly addresses?: readonly string[]
  /** The lowest that answers is used (RFC 3263 §4.2 in the words of RFC 2782). */
  readonly priority: number
  /** The share among peers of one priority; 0: only when no other is left. */
  readonly weight: number
}

/** A digest account (RFC 7616). */
export interface TrunkAccount {
  readonly user: string
  /** Never shown by the API. */
  readonly password: string
  /** The only realm that is answered; absent: the host of the peer that was asked. */
  readonly realm?: string
}

/** What a trunk may use at most, in each door; absent: any number. */
export interface TrunkLimits {
  /** Calls at once, in both directions. */
  readonly calls?: number
  /** New calls a second, in both directions. */
  readonly callsPerSecond?: number
}

/** Every address or block that a trunk's requests come from. */
export function sourcesOf({ addresses, peers = [] }: Trunk): readonly string[] {
  return [...addresses, ...peers.flatMap(peer => [peer.host, ...(peer.addresses ?? [])])]
}
