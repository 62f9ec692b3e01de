import type { Headers } from './headers.ts'
import { splitList } from './name-addr.ts'

/** The option tags of every line of `name` (Require, Supported, …) in lower case, for they are compared in any case. */
export function optionTags(headers: Headers, name: string): readonly string[] {
  if (!headers.has(name)) return []
  return headers.all(name).flatMap(line => splitList(line).map(tag => tag.toLowerCase()))
}

/** Whether the sender understands the extension `tag`: it says so in Supported, or wants it in Require. */
export function understands(headers: Headers, tag: string): boolean {
  return optionTags(headers, 'supported').includes(tag) || optionTags(headers, 'require').includes(tag)
}

/** Whether the sender takes `method` (RFC 3261 §20.5); not, when it says nothing. */
export function allows(headers: Headers, method: string): boolean {
  return headers.all('allow').some(line => splitList(line).includes(method))
}
