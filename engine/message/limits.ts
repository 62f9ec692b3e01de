/** How large a message may be before it is refused; sizes in bytes (of text: in UTF-16 units, never more than bytes). */
export interface MessageLimits {
  /** The whole message, body included. */
  readonly message: number
  /** One header line after unfolding, and the start line. */
  readonly line: number
  /** Header lines. */
  readonly headers: number
  /** Via values over all Via lines. */
  readonly vias: number
}

/** What the engine accepts unless it is told otherwise. */
export const defaultLimits: MessageLimits = { message: 65_536, line: 8192, headers: 128, vias: 64 }
