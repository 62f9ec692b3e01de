import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { codeExtension, root } from '../paths.ts'

/** The folder of the agent's page: built now, into `outDir`, unless it was built together with this test. */
export async function builtPages(outDir = join(root, 'dist/softphone')): Promise<string> {
  if (codeExtension === '.js') return fileURLToPath(new URL('../../../softphone', import.meta.url))
  await build({ root: join(root, 'softphone'), logLevel: 'error', build: { outDir, emptyOutDir: true } })
  return outDir
}
