import type { Fault } from './faults.ts'
import { settings, type Setting } from './settings.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What the environment says about settings. */
export interface EnvironmentSettings {
  /** The settings it gives, in the shape of the file. */
  readonly values: Readonly<Record<string, unknown>>
  /** Dotted path of each setting given → the variable that gave it. */
  readonly origins: ReadonlyMap<string, string>
  readonly faults: readonly Fault[]
}

/**
 * Takes `PORTICO_…` variables as settings. Empty ones count as not set, lists are separated by commas, and one that names
 * no setting is a fault, so that a misspelt override never goes unnoticed.
 */
export function readEnvironment(variables: Environment): EnvironmentSettings {
  const values: Tree = {}
  const origins = new Map<string, string>()
  const faults: Fault[] = []
  for (const [name, text] of Object.entries(variables)) {
    if (!name.startsWith('PORTICO_') || isForOthers(name) || text === undefined || text === '') continue
    const setting = byName.get(name)
    if (setting === undefined) {
      faults.push({
        where: 'environment',
        field: name,
        wrong: 'is not a setting; docs/settings.md lists all',
      })
      continue
    }
    put(values, setting.path, valueOf(text, setting.type))
    origins.set(setting.path.join('.'), name)
  }
  return { values, origins, faults }
}

interface Tree {
  [key: string]: unknown
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const byName = new Map(settings.map(setting => [setting.env, setting]))

/** Read by the command line and by the test lab, never settings. */
function isForOthers(name: string): boolean {
  return (
    name === 'PORTICO_CONFIG' ||
    name === 'PORTICO_TOKEN' ||
    name === 'PORTICO_URL' ||
    name.startsWith('PORTICO_LAB_')
  )
}

function valueOf(text: string, type: Setting['type']): unknown {
  switch (type) {
    case 'integer':
    case 'number':
      // What is no number stays text, and the schema names the fault.
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'array':
      return text.startsWith('[') ? json(text) : text.split(',').map(part => part.trim())
    case 'string':
      return text
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function put(tree: Tree, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return
  if (rest.length === 0) {
    tree[key] = value
    return
  }
  const inner = tree[key]
  const branch: Tree = isTree(inner) ? inner : {}
  tree[key] = branch
  put(branch, rest, value)
}
