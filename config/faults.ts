import type { z } from 'zod'
import type { SettingsFile } from './file.ts'
import { environmentName, settings } from './settings.ts'

/** One thing that is wrong with the configuration. */
export interface Fault {
  /** `file:line` or `environment`. */
  readonly where: string
  /** The setting or variable; empty when the text itself is broken. */
  readonly field: string
  readonly wrong: string
}

/** Says in an operator's words what the schema complained about, and where that stands. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  from: { readonly file: SettingsFile; readonly origins: ReadonlyMap<string, string> },
): readonly Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({ ...place([...issue.path, key], from), wrong: unknownKey(issue.path) }))
  }
  const allowed = settings.find(({ path }) => path.every((key, index) => issue.path[index] === key))?.allowed
  const suffix = allowed ? ` (allowed: ${allowed})` : ''
  return [{ ...place(issue.path, from), wrong: `${reason(issue)}${suffix}` }]
}

function place(
  path: readonly PropertyKey[],
  { file, origins }: Parameters<typeof describeIssue>[1],
): Pick<Fault, 'where' | 'field'> {
  const field = path.map(String).join('.')
  const variable = [...origins].find(([origin]) => field === origin || field.startsWith(`${origin}.`))?.[1]
  if (variable !== undefined) return { where: 'environment', field: variable }
  if (file.name !== '') return { where: `${file.name}:${file.lineOf(path)}`, field }
  return { where: 'environment', field: environmentName(path.map(String)) }
}

function unknownKey(section: readonly PropertyKey[]): string {
  const depth = section.length
  const known = settings
    .filter(({ path }) => section.every((key, index) => path[index] === key))
    .map(({ path }) => path[depth])
  return `is not a setting (known here: ${[...new Set(known)].join(', ')})`
}

function reason(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${article(issue.expected)}`
    case 'invalid_value':
      return 'has a value that is not allowed'
    case 'too_small':
      return `is less than ${issue.minimum}`
    case 'too_big':
      return `is more than ${issue.maximum}`
    case 'invalid_union':
      return issue.errors.flat().at(-1)?.message ?? issue.message
    default:
      return issue.message
  }
}

function article(type: string): string {
  const words: Readonly<Record<string, string>> = {
    int: 'a whole number',
    object: 'a section with keys',
    array: 'a list',
  }
  return words[type] ?? `a ${type}`
}
