import { parseUri, unescaped } from '../../engine/message/uri.ts'

/**
 * What a Request-URI dials: a number or a name of plain characters; undefined for anything else, so that no separator, parameter,
 * variable or escape of a dialplan ever comes through.
 */
export function dialled(uri: string): string | undefined {
  const user = unescaped(parseUri(uri)?.user ?? '')
  return /^\+?[0-9A-Za-z*#_.-]{1,64}$/.test(user) ? user : undefined
}

/** Whether a text may be dialled on a trunk: digits, `*` and `#`, with a `+` before them or not. */
export function isNumber(text: string): boolean {
  return /^\+?[0-9*#]{1,32}$/.test(text)
}
