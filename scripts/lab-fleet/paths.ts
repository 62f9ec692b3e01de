import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PorticoError } from '../../runtime/errors.ts'

const cacheDir = process.env['PORTICO_LAB_CACHE'] ?? '/var/cache/portico-lab'

/** Every lab's directory lies here, under its name. */
export const runDir = process.env['PORTICO_LAB_RUN'] ?? '/run/portico-lab'

/** The Debian that all labs share. A changed recipe gets a new number, so that no old tree is used for it. */
export const chrootDir = join(cacheDir, 'debian-1')

/** The directory of one lab; refuses a name that could lead elsewhere. */
export function labDir(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) return join(runDir, name)
  throw new PorticoError('E_LAB', `"${name}" is no lab name: use up to 32 of a-z 0-9 -`)
}

/** The absolute path of a file beside this one. */
export function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}
