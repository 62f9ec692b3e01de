import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Drops every TCP packet from and to a port of an address, silently, until the returned function is called. Only inside
 * a network namespace of the test's own.
 */
export async function cutOff(host: string, port: number): Promise<() => Promise<void>> {
  const table = `cut_${host.replaceAll('.', '_')}_${port}`
  await nft('add', 'table', 'ip', table)
  await nft('add', 'chain', 'ip', table, 'in', '{ type filter hook input priority 0; }')
  await nft('add', 'rule', 'ip', table, 'in', 'ip', 'daddr', host, 'tcp', 'dport', String(port), 'drop')
  await nft('add', 'rule', 'ip', table, 'in', 'ip', 'saddr', host, 'tcp', 'sport', String(port), 'drop')
  return async () => void (await nft('delete', 'table', 'ip', table))
}

function nft(...words: readonly string[]): Promise<unknown> {
  return promisify(execFile)('nft', [...words])
}
