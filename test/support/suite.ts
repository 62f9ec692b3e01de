import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { codeExtension } from './paths.ts'

/**
 * Runs every test file below the folder that stands beside the suite `at` and has its name, in one process: loading tap and
 * what a file tests costs a second for each process, and a unit test a few milliseconds.
 */
export async function suite(at: string): Promise<void> {
  const folder = fileURLToPath(at).replace(/\.suite\.[jt]s$/, '')
  const files = (await readdir(folder, { recursive: true })).filter(file =>
    file.endsWith(`.test${codeExtension}`),
  )
  for (const file of files.toSorted()) {
    t.comment(file)
    await import(join(folder, file))
  }
}
