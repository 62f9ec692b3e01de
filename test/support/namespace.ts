import { fileURLToPath } from 'node:url'
import t from 'tap'

const marker = 'PORTICO_TEST_NAMESPACE'

/**
 * True when this process has a network and process namespace of its own, with loopback up. Otherwise runs the test file
 * `self` (its `import.meta.url`) again in one, reports that run as a subtest of this one and resolves to false: the
 * caller then has nothing left to do. Whatever the file starts dies with it. Needs root, or user namespaces.
 */
export async function inNamespace(self: string): Promise<boolean> {
  if (process.env[marker] === self) return true
  await t.spawn(
    'unshare',
    [
      ...unshareFlags(),
      'sh',
      '-c',
      'ip link set lo up && exec "$0" "$@"',
      process.execPath,
      ...nodeArguments(self),
    ],
    { env: { ...process.env, [marker]: self } },
    'in a namespace of its own',
  )
  return false
}

/** Node is process 1 in there, so the kernel ends all others with it, however it ends. */
function unshareFlags(): string[] {
  const flags = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc']
  return process.getuid?.() === 0 ? flags : ['--map-root-user', ...flags]
}

/** The loader that runs TypeScript here comes in `execArgv`. */
function nodeArguments(self: string): string[] {
  return [...process.execArgv, fileURLToPath(self), ...process.argv.slice(2)]
}
