/** Bytes that may have to be sent again, as text: a small buffer would keep the 8 KB in memory that it shares with others. */
export type Kept = string

/** What is left of `bytes` when they have been sent; only `again` reads it. */
export function keep(bytes: Buffer): Kept {
  return bytes.toString('latin1')
}

/** The same bytes, to be sent again. */
export function again(text: Kept): Buffer {
  return Buffer.from(text, 'latin1')
}
