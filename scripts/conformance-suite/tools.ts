import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { messageOf, PorticoError } from '../../runtime/errors.ts'

/** What the suite needs besides drachtio-srf; it names them as its development dependencies. */
const versions = {
  config: '4.4.2',
  mocha: '11.8.0',
  should: '13.2.3',
  'sip-message-examples': '0.0.7',
  tape: '5.10.2',
}

/** The `node_modules` that holds the suite's tools; installed from the npm registry once and kept in the user's cache. */
export function suiteTools(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const parent = join(cache, 'portico')
  // Other versions get another folder, so that no old tree is used for them.
  const name = Object.entries(versions).map(([tool, version]) => `${tool}-${version}`)
  const dir = join(parent, `conformance-${name.join('-')}`)
  if (!existsSync(dir)) install(parent, dir)
  return join(dir, 'node_modules')
}

function install(parent: string, dir: string): void {
  mkdirSync(parent, { recursive: true })
  const fresh = mkdtempSync(join(parent, 'installing-'))
  try {
    writeFileSync(join(fresh, 'package.json'), JSON.stringify({ private: true, dependencies: versions }))
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    execFileSync('npm', ['install', ...flags], { cwd: fresh, stdio: ['ignore', 'ignore', 'inherit'] })
    renameSync(fresh, dir)
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true })
    // Somebody else may have been faster.
    if (!existsSync(dir))
      throw new PorticoError('E_CONFIG', `npm could not install the suite's tools: ${messageOf(cause)}`, {
        cause,
      })
  }
}
