import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PorticoError } from '../../runtime/errors.ts'
import { besideMe, productModules } from './places.ts'

/** A copy of drachtio-srf with its suite, ready to run. */
export interface Suite {
  readonly dir: string
  readonly version: string
  /** The files that its `test/index.js` runs, in that order. */
  readonly files: readonly string[]
  /** Scenarios that were changed so that SIPp reads them. */
  readonly mended: readonly string[]
}

/** Copies the suite of the drachtio-srf that is installed here into `work`, with commands that stand in for `docker`. */
export function prepareSuite(work: string): Suite {
  const installed = join(productModules, 'drachtio-srf')
  if (!existsSync(join(installed, 'test', 'index.js')))
    throw new PorticoError('E_CONFIG', `${installed} holds no test suite: run npm ci`)
  const dir = join(work, 'drachtio-srf')
  cpSync(installed, dir, { recursive: true })
  for (const folder of ['bin', 'run', 'clients']) mkdirSync(join(work, folder))
  for (const [shim, name] of [
    ['docker.sh', 'docker'],
    ['docker-compose.sh', 'docker-compose'],
  ] as const) {
    cpSync(besideMe(shim), join(work, 'bin', name))
    chmodSync(join(work, 'bin', name), 0o755)
  }
  const manifest = readFileSync(join(dir, 'package.json'), 'utf8')
  const version = /"version": "([^"]+)"/.exec(manifest)?.[1] ?? 'of unknown version'
  return { dir, version, files: filesOf(dir), mended: mendScenarios(join(dir, 'test', 'scenarios')) }
}

function filesOf(dir: string): readonly string[] {
  const index = readFileSync(join(dir, 'test', 'index.js'), 'utf8')
  return [...index.matchAll(/require\('\.\/([\w-]+)'\)/g)].map(([, name = '']) => name)
}

/** Some scenarios hold a bare `<` inside an attribute, which is no XML; the SIPp of Debian refuses them. */
function mendScenarios(dir: string): readonly string[] {
  return readdirSync(dir).filter(name => {
    if (!name.endsWith('.xml')) return false
    const text = readFileSync(join(dir, name), 'latin1')
    const mended = text.replaceAll(/(?<=\sregexp=)"[^"\n]*"/g, value =>
      value.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    )
    if (mended === text) return false
    writeFileSync(join(dir, name), mended, 'latin1')
    return true
  })
}
