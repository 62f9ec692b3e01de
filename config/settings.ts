import { z } from 'zod'
import { configSchema } from './schema.ts'

/** One setting as an operator meets it: in the file, in the environment and in the documentation. */
export interface Setting {
  /** Keys from the top of the file, e.g. `['listen', 'public', 'port']`. */
  readonly path: readonly string[]
  /** The environment variable that overrides the file. */
  readonly env: string
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array'
  /** Absent when the setting may stay unset. */
  readonly standard?: unknown
  /** What is allowed, in words; empty when anything of the type is. */
  readonly allowed: string
  readonly meaning: string
}

/** Every setting in the order of the schema. */
export const settings: readonly Setting[] = collect(z.toJSONSchema(configSchema, { io: 'input' }), [])

/** `['agents', 'flowGraceMs']` → `PORTICO_AGENTS_FLOW_GRACE_MS`. */
export function environmentName(path: readonly string[]): string {
  const words = path.map(key => key.replaceAll(/[A-Z]/g, capital => `_${capital}`))
  return `PORTICO_${words.join('_').toUpperCase()}`
}

type Schema = z.core.JSONSchema.BaseSchema

function collect(schema: Schema, path: readonly string[]): readonly Setting[] {
  if (schema.properties === undefined) return [settingOf(schema, path)]
  return Object.entries(schema.properties).flatMap(([key, inner]) =>
    typeof inner === 'boolean' ? [] : collect(inner, [...path, key]),
  )
}

function settingOf(schema: Schema, path: readonly string[]): Setting {
  return {
    path,
    env: environmentName(path),
    type: typeOf(schema),
    ...(schema.default === undefined ? {} : { standard: schema.default }),
    allowed: allowedBy(schema),
    meaning: schema.description ?? '',
  }
}

function typeOf(schema: Schema): Setting['type'] {
  const { type } = schema
  if (type === 'number' || type === 'integer' || type === 'boolean' || type === 'array') return type
  return 'string'
}

function allowedBy(schema: Schema): string {
  const { items } = schema
  const inner = typeof items === 'object' && !Array.isArray(items) ? items : undefined
  if (inner?.enum) return `list of ${inner.enum.join(', ')}`
  if (schema.enum) return schema.enum.join(', ')
  if (schema.minimum !== undefined && schema.maximum !== undefined) {
    return `${schema.minimum} to ${schema.maximum}`
  }
  return ''
}
