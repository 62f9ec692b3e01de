import { isAlias, isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { messageOf } from '../runtime/errors.ts'
import type { Fault } from './faults.ts'

/** A settings file as it was written: its values, and where each of them stands. */
export interface SettingsFile {
  /** Empty when there is no file. */
  readonly name: string
  readonly values: unknown
  /** Faults of the text itself, before any setting is looked at. */
  readonly faults: readonly Fault[]
  /** The line, from 1, of the key at `path` or of the nearest one above it. */
  lineOf(path: readonly PropertyKey[]): number
}

/** What is read where there is no file. */
export const noFile: SettingsFile = { name: '', values: {}, faults: [], lineOf: () => 0 }

/** Reads YAML 1.2 (of which JSON is a part). A file that others may read must hold no secret. */
export function parseSettingsFile(
  name: string,
  text: string,
  { othersMayRead }: { readonly othersMayRead: boolean },
): SettingsFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => `${name}:${lines.linePos(offset).line}`
  const faults: Fault[] = document.errors.map(({ pos, message }) => ({
    where: at(pos[0]),
    field: '',
    wrong: message,
  }))
  const lineOf = (path: readonly PropertyKey[]): number => lines.linePos(offsetOf(document, path)).line
  const values = faults.length > 0 ? {} : valuesOf(document, name, faults)
  if (othersMayRead) faults.push(...openSecrets(document, name, lineOf))
  return { name, values, faults, lineOf }
}

function valuesOf(document: Document.Parsed, name: string, faults: Fault[]): unknown {
  try {
    // An empty file, or one of comments only, is null and sets nothing.
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (cause) {
    faults.push({ where: name, field: '', wrong: messageOf(cause) })
    return {}
  }
}

/** The settings whose value is a secret; `config show` hides them. */
export const secretSettings: readonly (readonly string[])[] = [
  ['signalling', 'drachtio', 'secret'],
  ['capture', 'password'],
  ['admin', 'token'],
  ['fleet', 'pinSecret'],
  ['fleet', 'registration', 'secret'],
  ['fleet', 'registration', 'amiSecret'],
]

function openSecrets(
  document: Document.Parsed,
  name: string,
  lineOf: SettingsFile['lineOf'],
): readonly Fault[] {
  return secretSettings
    .filter(path => isMap(document.contents) && document.hasIn(path))
    .map(path => ({
      where: `${name}:${lineOf(path)}`,
      field: path.join('.'),
      wrong: `is a secret in a file that others may read; run: chmod 600 ${name}`,
    }))
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = 0
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && item.key.value === key)
      if (pair === undefined) return offset
      offset = startOf(pair.key) ?? offset
      node = pair.value
    } else {
      node = document.getIn(path.slice(0, path.indexOf(key) + 1), true)
      offset = startOf(node) ?? offset
    }
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined
}
