import { X509Certificate } from 'node:crypto'
import { copyFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ensureAdminToken, findAdminToken } from '../../../config/admin-token.ts'
import { loadCertificate } from '../../../config/certificate.ts'
import { defaultConfig, type Config } from '../../../config/schema.ts'

const day = 86_400_000

t.test('a development certificate is made once, private, for the names of this door', async t => {
  const config = inFolder(join(t.testdir({}), 'made/here'))
  const first = await loadCertificate(config)
  const second = await loadCertificate(config)
  t.strictSame(second, first)
  const parsed = new X509Certificate(first.cert)
  t.ok(parsed.checkHost('localhost'))
  t.ok(parsed.checkIP('127.0.0.1'))
  t.equal(statSync(join(config.dataDir, 'development-key.pem')).mode & 0o777, 0o600)
})

t.test('it is made anew when a name is missing, it is about to expire or its files are damaged', async t => {
  const config = inFolder(t.testdir({}))
  const first = await loadCertificate(config)
  const advertise = { host: 'door.example', port: 443 }
  const renamed: Config = {
    ...config,
    listen: { ...config.listen, public: { ...config.listen.public, advertise } },
  }
  const second = await loadCertificate(renamed)
  t.ok(new X509Certificate(second.cert).checkHost('door.example'))
  t.not(second.cert, first.cert)
  const later = await loadCertificate(renamed, new Date(Date.now() + 364.5 * day))
  t.not(later.cert, second.cert)
  writeFileSync(join(config.dataDir, 'development-key.pem'), 'rubbish')
  t.not((await loadCertificate(renamed)).key, 'rubbish')
})

t.test('the operator’s files are taken as they are', async t => {
  const made = inFolder(t.testdir({}))
  const { cert, key } = await loadCertificate(made)
  t.strictSame(await loadCertificate(withFiles(made, 'development-cert.pem', 'development-key.pem')), {
    cert,
    key,
  })
})

t.test('files that do not fit are told with setting and next step', async t => {
  const config = inFolder(t.testdir({ other: {} }))
  await loadCertificate(config)
  const other = inFolder(join(config.dataDir, 'other'))
  await loadCertificate(other)
  copyFileSync(join(other.dataDir, 'development-key.pem'), join(config.dataDir, 'other-key.pem'))
  writeFileSync(join(config.dataDir, 'empty.pem'), '')
  const [cert, key] = ['development-cert.pem', 'development-key.pem']
  const cases: readonly [cert: string, key: string, message: RegExp][] = [
    ['none.pem', key, /^tls\.cert: there is no file .*; correct the path/],
    [cert, 'none.pem', /^tls\.key: there is no file/],
    ['empty.pem', key, /^tls\.cert: .*empty\.pem is not a PEM certificate/],
    [cert, cert, /^tls\.key: .* is not a PEM private key/],
    [cert, 'other-key.pem', /^tls\.key: .* is not the key of .*; put the certificate/],
  ]
  for (const [certFile, keyFile, message] of cases) {
    await t.rejects(loadCertificate(withFiles(config, certFile, keyFile)), { code: 'E_CONFIG', message })
  }
})

t.test('a folder that cannot be written is told', async t => {
  const dir = t.testdir({ file: '' })
  await t.rejects(loadCertificate(inFolder(join(dir, 'file'))), { code: 'E_CONFIG', message: /^dataDir: / })
})

t.test('the console token is made once, private, and gives way to the setting', async t => {
  const config = inFolder(join(t.testdir({}), 'data'))
  t.equal(await findAdminToken(config), undefined)
  const made = await ensureAdminToken(config)
  t.match(made, { token: /^[\w-]{32}$/, file: join(config.dataDir, 'admin-token') })
  t.equal(statSync(join(config.dataDir, 'admin-token')).mode & 0o777, 0o600)
  t.strictSame(await ensureAdminToken(config), made)
  t.strictSame(await ensureAdminToken({ ...config, admin: { token: 'x'.repeat(16) } }), {
    token: 'x'.repeat(16),
  })
})

function inFolder(dataDir: string): Config {
  return { ...defaultConfig, dataDir }
}

function withFiles(config: Config, cert: string, key: string): Config {
  return { ...config, tls: { cert: join(config.dataDir, cert), key: join(config.dataDir, key) } }
}
