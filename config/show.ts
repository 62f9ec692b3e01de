import { stringify } from 'yaml'
import { secretSettings } from './file.ts'
import type { Config } from './schema.ts'

/** The settings in force as plain data, with every secret replaced by `***`. */
export function visibleConfig(config: Config): unknown {
  const hidden = new Set([...secretSettings.map(path => path.at(-1)), 'credential'])
  return JSON.parse(
    JSON.stringify(config, (key, value: unknown) => {
      if (hidden.has(key)) return '***'
      return key === 'store' && typeof value === 'string' ? withoutPassword(value) : value
    }),
  )
}

/** The same as YAML. */
export function configText(config: Config): string {
  return stringify(visibleConfig(config))
}

function withoutPassword(url: string): string {
  return url.replace(/^(rediss?:\/\/).*@/, '$1***@')
}
