import { randomFillSync } from 'node:crypto'

/**
 * That many random bytes as lower-case hex, for `EngineOptions.random`. Bytes are drawn from the system by the page, because
 * one draw per tag costs as much as parsing a message. Throws `RangeError` for more than a page.
 */
export function randomHex(bytes: number): string {
  if (bytes > page.length) throw new RangeError(`at most ${page.length} random bytes at a time`)
  if (used + bytes > page.length) {
    randomFillSync(page)
    used = 0
  }
  used += bytes
  return page.toString('hex', used - bytes, used)
}

const page = Buffer.alloc(4096)
let used = page.length
