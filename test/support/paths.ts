import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository, from a test's source as well as from what was compiled of it. */
export const root = rootAbove(dirname(fileURLToPath(import.meta.url)))

/** `.ts` where the sources run, `.js` where they were compiled. */
export const codeExtension = extname(import.meta.url)

/** What starts a module of the tree, e.g. `cli/main`, in a process of its own as this one runs: from source or compiled. */
export function nodeCommand(module: string): readonly [string, ...string[]] {
  const file = fileURLToPath(new URL(`../../${module}${codeExtension}`, import.meta.url))
  return [process.execPath, ...(codeExtension === '.ts' ? ['--import', 'tsx'] : []), file]
}

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder))
}
