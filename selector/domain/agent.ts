/** A person with a SIP identity. Agent ids are `[a-z0-9_.-]{1,64}`, compared lower-case. */
export interface Agent {
  readonly id: string
  readonly name: string
  /** H(id:realm:password) per algorithm (RFC 7616 §3.4.2): enough to check a digest, not enough to know the password. */
  readonly ha1: { readonly md5: string; readonly sha256: string }
  /** The groups whose queues it serves. */
  readonly groups?: readonly string[]
}

/** What an agent's id looks like. */
export const agentId = /^[a-z0-9_.-]{1,64}$/
