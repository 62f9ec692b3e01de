import { fileURLToPath } from 'node:url'
import t from 'tap'
import { inNewNamespace, namespaceMarker } from './unshare.ts'

/**
 * True when this process has a network and process namespace of its own, with loopback up: the runner of the tests makes one
 * for each file that calls this. Where it did not, this runs the test file `self` (its `import.meta.url`) again in one, reports that
 * run as a subtest of this one and resolves to false: the caller then has nothing left to do. Whatever the file starts
 * dies with it. Needs root, or user namespaces.
 */
export async function inNamespace(self: string): Promise<boolean> {
  if (process.env[namespaceMarker] === self) return true
  const node = [process.execPath, ...process.execArgv, fileURLToPath(self), ...process.argv.slice(2)]
  const [command, ...args] = inNewNamespace(node)
  const env = { ...process.env, [namespaceMarker]: self }
  await t.spawn(command, args, { env }, 'in a namespace of its own')
  return false
}
