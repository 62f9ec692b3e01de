import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { messageOf, PorticoError } from '../runtime/errors.ts'
import { readEnvironment, type Environment } from './environment.ts'
import { describeIssue, type Fault } from './faults.ts'
import { noFile, parseSettingsFile, type SettingsFile } from './file.ts'
import { configSchema, deepFreeze, type Config } from './schema.ts'

/** Where settings come from; everything but `file` is for tests. */
export interface LoadOptions {
  /** What `--config` named. */
  readonly file?: string
  readonly env?: Environment
  readonly cwd?: string
}

/** A configuration, and the file that it came from. */
export interface Loaded {
  readonly config: Config
  /** Absent when there was no file: then environment and defaults are everything. */
  readonly file?: string
}

/**
 * Reads `--config FILE`, else `PORTICO_CONFIG`, else `./portico.yaml`, else nothing; then the environment over it; then
 * the defaults. The only reader of the process environment. Throws `E_CONFIG` that lists every fault at once.
 */
export function loadConfig({
  file,
  env = processEnvironment(),
  cwd = process.cwd(),
}: LoadOptions = {}): Loaded {
  const read = readSettings(file ?? (env['PORTICO_CONFIG'] || undefined), cwd)
  const environment = readEnvironment(env)
  const faults = [...read.faults, ...environment.faults]
  const config = checked(merge(read.values, environment.values), issue =>
    faults.push(...describeIssue(issue, { file: read, origins: environment.origins })),
  )
  if (config === undefined || faults.length > 0) throw configError(faults)
  return { config, ...(read.name && { file: read.name }) }
}

function checked(values: unknown, complain: (issue: z.core.$ZodIssue) => void): Config | undefined {
  const result = configSchema.safeParse(values, { reportInput: true })
  if (result.success) return deepFreeze(result.data)
  result.error.issues.forEach(complain)
  return undefined
}

/** The environment of this process, for the few parts of the command line that need it besides the settings. */
export function processEnvironment(): Environment {
  // The one place that may: everything else takes its settings from `Config`.
  // oxlint-disable-next-line node/no-process-env
  return process.env
}

function configError(faults: readonly Fault[]): PorticoError {
  const lines = faults.map(
    ({ where, field, wrong }) => `  ${where}: ${field === '' ? '' : `${field} `}${wrong}`,
  )
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`
  return new PorticoError('E_CONFIG', `the configuration has ${count}:\n${lines.join('\n')}`)
}

const mostBytes = 1_048_576

function readSettings(named: string | undefined, cwd: string): SettingsFile {
  const name = named ?? join(cwd, 'portico.yaml')
  try {
    const { size, mode } = statSync(name)
    if (size > mostBytes) throw new Error(`is longer than ${mostBytes} bytes`)
    return parseSettingsFile(name, readFileSync(name, 'utf8'), { othersMayRead: (mode & 0o077) !== 0 })
  } catch (cause) {
    if (named === undefined && isMissing(cause)) return noFile
    const step = 'name a readable file with --config or PORTICO_CONFIG'
    throw new PorticoError('E_CONFIG', `cannot read ${name}: ${messageOf(cause)}; ${step}`, { cause })
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
}

function merge(base: unknown, over: unknown): unknown {
  if (!isRecord(base) || !isRecord(over)) return over
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) merged[key] = key in base ? merge(base[key], value) : value
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
