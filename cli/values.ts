import { readFile } from 'node:fs/promises'
import { InvalidArgumentError } from 'commander'
import { messageOf, PorticoError } from '../runtime/errors.ts'
import type { Terminal } from './terminal.ts'

/** The same fields, none of them to be taken away. */
export type NoNull<T> = { readonly [Key in keyof T]: Exclude<T[Key], null> }

/** The fields that have a value. */
export function given<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  // Dropping what is undefined is what makes the type true.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> }
}

/** Undefined for an object without fields. */
export function unlessEmpty<T extends object>(fields: T): T | undefined {
  return Object.keys(fields).length > 0 ? fields : undefined
}

/** What an object's wanted effect is, by the two options that say it. */
export function enabledBy(options: {
  readonly enabled?: boolean
  readonly disabled?: boolean
}): boolean | undefined {
  if (options.disabled) return false
  return options.enabled
}

/** A host with an optional port. */
export interface HostPort {
  readonly host: string
  readonly port?: number
}

/** Reads `host`, `host:port` or `[v6]:port` as an option's value. */
export function hostPort(text: string): HostPort {
  const [, v6, name, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = v6 ?? name
  if (host === undefined) throw new InvalidArgumentError('It must be host, host:port or [address]:port.')
  return port === undefined ? { host } : { host, port: Number(port) }
}

/** Reads a whole number as an option's value. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

/** Adds an option's value to those before it. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** Where a secret is read from: never from the command line, which other users of the machine can see. */
export interface SecretSource {
  readonly stdin?: boolean | undefined
  readonly file?: string | undefined
}

/** The first line of a file or of standard input; undefined when neither is named. Rejects with `E_CONFIG`. */
export async function readSecret(
  { stdin, file }: SecretSource,
  terminal: Terminal,
): Promise<string | undefined> {
  if (file === undefined && stdin !== true) return undefined
  const line = file === undefined ? await terminal.readLine() : await firstLineOf(file)
  if (line !== '') return line
  throw new PorticoError(
    'E_CONFIG',
    `${file ?? 'standard input'}: the first line is empty; put the secret there`,
  )
}

/** The same where there must be one; `option` is the start of the two options that name it. */
export async function neededSecret(
  source: SecretSource,
  terminal: Terminal,
  option: string,
): Promise<string> {
  const secret = await readSecret(source, terminal)
  if (secret !== undefined) return secret
  throw new PorticoError('E_CONFIG', `a secret is missing; give it with ${option}-stdin or ${option}-file`)
}

async function firstLineOf(file: string): Promise<string> {
  return (await textOf(file)).split(/\r?\n/)[0] ?? ''
}

/** What stands in a file. Rejects with `E_CONFIG`. */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new PorticoError('E_CONFIG', `cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
}
