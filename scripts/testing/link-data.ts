/** Links what is no code in the folders of tests and scripts into the compiled tree, where the tests look for it beside themselves. */
import { mkdir, readdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiledFolder } from './test-files.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
for (const part of ['test', 'scripts']) await link(join(root, part), join(root, compiledFolder, part))

async function link(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory() && (await holdsCode(source))) await link(source, target)
    else if (entry.isDirectory() || !entry.name.endsWith('.ts')) {
      await mkdir(dirname(target), { recursive: true })
      await symlink(source, target)
    }
  }
}

async function holdsCode(folder: string): Promise<boolean> {
  const names = await readdir(folder, { recursive: true })
  return names.some(name => name.endsWith('.ts'))
}
