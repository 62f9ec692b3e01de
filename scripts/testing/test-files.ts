import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where `npm run build:tests` puts the whole tree compiled, with its tests, which start in half the time from there. */
export const compiledFolder = '.tests'

/**
 * Every test file below `root`, as a path from there. Those that take long come first, so that none of them is left running alone
 * at the end. The unit tests of a folder are run by the suite beside it.
 */
export async function everyTest(root: string): Promise<readonly string[]> {
  const found = await Promise.all(
    ['sim', 'fuzz', 'e2e', 'integration', 'contract'].map(folder =>
      filesIn(root, join('test', folder), /\.test\.ts$/, true),
    ),
  )
  const units = await filesIn(root, 'test/unit', /\.(suite|test)\.ts$/, false)
  return [...found.flat(), ...units, ...(await filesIn(root, 'test', /\.test\.ts$/, false))]
}

/** Whether a test file asks for a namespace of its own. */
export async function wantsNamespace(file: string): Promise<boolean> {
  return /\binNamespace\(import\.meta\.url\)/.test(await readFile(file, 'utf8'))
}

async function filesIn(
  root: string,
  folder: string,
  pattern: RegExp,
  recursive: boolean,
): Promise<readonly string[]> {
  const names = await readdir(join(root, folder), { recursive })
  return names
    .filter(name => pattern.test(name))
    .toSorted()
    .map(name => join(folder, name))
}
