import { PorticoError } from '../../runtime/errors.ts'
import { progress } from './progress.ts'
import { run } from './shell.ts'

/** Makes sure that `command` can be run, installing `debianPackage` when it cannot. Throws `E_LAB` with the next step. */
export async function ensureCommand(command: string, debianPackage: string): Promise<void> {
  if (await has(command)) return
  if (!(await has('apt-get'))) {
    throw new PorticoError(
      'E_LAB',
      `${command} is missing and this is no Debian: install it, or use a simulated fleet`,
    )
  }
  progress(`installing ${debianPackage} on this host`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '-y', '--no-install-recommends', debianPackage]
  let outcome = await run('apt-get', install, { env })
  if (outcome.code !== 0) {
    await run('apt-get', ['update'], { env })
    outcome = await run('apt-get', install, { env })
  }
  if (outcome.code === 0) return
  throw new PorticoError(
    'E_LAB',
    `cannot install ${debianPackage}; run apt-get install ${debianPackage} and see:\n${tail(outcome.output)}`,
  )
}

/** Where this host's apt gets Debian from, and through which proxy: the chroot is made from the same place. */
export async function debianSource(): Promise<{
  readonly mirror: string
  readonly env: Record<string, string>
}> {
  const mirror = process.env['PORTICO_LAB_MIRROR'] ?? (await configuredMirror())
  if (mirror === undefined) {
    throw new PorticoError(
      'E_LAB',
      'apt names no Debian mirror here: set PORTICO_LAB_MIRROR to the URL of one',
    )
  }
  const shell = await run('apt-config', [
    'shell',
    'http',
    'Acquire::http::Proxy',
    'https',
    'Acquire::https::Proxy',
  ])
  const proxies = [...shell.output.matchAll(/^(https?)='(.+)'$/gm)]
  return { mirror, env: Object.fromEntries(proxies.map(([, scheme, url]) => [`${scheme}_proxy`, url ?? ''])) }
}

async function configuredMirror(): Promise<string | undefined> {
  const targets = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'])
  return targets.output.split('\n').find(uri => /\/debian\/?$/.test(uri))
}

async function has(command: string): Promise<boolean> {
  return (await run('sh', ['-c', `command -v ${command}`])).code === 0
}

/** The last lines of a long output, where the reason usually stands. */
export function tail(output: string): string {
  return output.split('\n').slice(-12).join('\n')
}
