import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { settingsPage } from '../../../config/documentation.ts'
import { loadConfig } from '../../../config/load.ts'
import { configSchema, defaultConfig } from '../../../config/schema.ts'
import { settings } from '../../../config/settings.ts'
import type { ErrorCode } from '../../../runtime/errors.ts'
import { root } from '../../support/paths.ts'

t.test('docs/settings.md is what the schema says', async t => {
  t.equal(readFileSync(join(root, 'docs/settings.md'), 'utf8'), settingsPage())
})

t.test('every setting has a meaning and a variable of its own', async t => {
  t.strictSame(
    settings.filter(({ meaning }) => meaning === ''),
    [],
  )
  t.equal(new Set(settings.map(({ env }) => env)).size, settings.length)
  t.ok(settings.some(({ env }) => env === 'PORTICO_AGENTS_FLOW_GRACE_MS'))
})

t.test('the sample file loads, says the defaults and has every section', async t => {
  const { config } = loadConfig({ file: join(root, 'config/portico.yaml'), env: {} })
  t.strictSame(config, defaultConfig)
  const text = readFileSync(join(root, 'config/portico.yaml'), 'utf8')
  for (const section of Object.keys(configSchema.shape)) t.match(text, new RegExp(`^${section}:`, 'm'))
})

t.test('docs/errors.md describes every error code and no other', async t => {
  // The record makes the compiler complain when a code is missing here.
  const codes: Record<ErrorCode, true> = {
    E_CONFIG: true,
    E_PORT_IN_USE: true,
    E_LISTEN: true,
    E_REDIS_UNREACHABLE: true,
    E_STORE: true,
    E_STORE_READ_ONLY: true,
    E_CONFLICT: true,
    E_NOT_FOUND: true,
    E_AMI_LOGIN: true,
    E_AMI_CLOSED: true,
    E_AMI_TIMEOUT: true,
    E_AMI_REFUSED: true,
    E_MEDIA_TIMEOUT: true,
    E_MEDIA_REFUSED: true,
    E_MEDIA_SDP: true,
    E_SIP_SYNTAX: true,
    E_DRACHTIO_UNREACHABLE: true,
    E_API: true,
    E_LAB: true,
  }
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
  const described = [...page.matchAll(/^\| `(E_\w+)` \|/gm)].map(([, code]) => code)
  t.strictSame(new Set(described), new Set(Object.keys(codes)))
})
