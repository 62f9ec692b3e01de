/** Names the test file that runs in a namespace of its own, to itself. */
export const namespaceMarker = 'PORTICO_TEST_NAMESPACE'

/**
 * The command that runs `command` in a network and process namespace of its own, with loopback up. Node is process 1 in there,
 * so the kernel ends all others with it, however it ends.
 */
export function inNewNamespace(command: readonly string[]): [string, ...string[]] {
  const flags = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc']
  const asUser = process.getuid?.() === 0 ? [] : ['--map-root-user']
  return ['unshare', ...asUser, ...flags, 'sh', '-c', 'ip link set lo up && exec "$0" "$@"', ...command]
}
