import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The packages of this project. */
export const productModules = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** The absolute path of a file of this folder. */
export function besideMe(file: string): string {
  return join(fileURLToPath(new URL('.', import.meta.url)), file)
}
