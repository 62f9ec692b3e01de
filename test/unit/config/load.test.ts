import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../../config/load.ts'
import { defaultConfig } from '../../../config/schema.ts'
import { PorticoError } from '../../../runtime/errors.ts'

type Environment = Readonly<Record<string, string>>

function faultsOf(t: Test, text: string, env: Environment = {}): readonly string[] {
  const file = join(t.testdir({ 'portico.yaml': text }), 'portico.yaml')
  try {
    loadConfig({ file, env })
  } catch (thrown) {
    if (!(thrown instanceof PorticoError) || thrown.code !== 'E_CONFIG') throw thrown
    return thrown.message
      .split('\n')
      .slice(1)
      .map(line => line.trim().replace(`${file}:`, ''))
  }
  return []
}

const faulty: readonly [name: string, text: string, env: Environment, ...faults: string[]][] = [
  [
    'names an unknown key, its line and the keys that are known there',
    'media:\n  mode: direct\n  mod: direct\n',
    {},
    '3: media.mod is not a setting (known here: mode, rtpengine, timeoutMs, reanchorPerSecond, codec)',
  ],
  [
    'names the type that is wanted and the range that is allowed',
    '# comment\nagents:\n\n  flowGraceMs: soon\n',
    {},
    '4: agents.flowGraceMs must be a number (allowed: 0 to 600000)',
  ],
  [
    'refuses a number outside its range',
    'listen: { admin: { port: 70000 } }',
    {},
    '1: listen.admin.port is more than 65535 (allowed: 0 to 65535)',
  ],
  [
    'lists the values of a choice',
    'media:\n  mode: magic\n',
    {},
    '2: media.mode has a value that is not allowed (allowed: rtpengine, direct)',
  ],
  [
    'points at the item of a list',
    'listen:\n  trunk:\n    transports:\n      - udp\n      - sctp\n',
    {},
    '5: listen.trunk.transports.1 has a value that is not allowed (allowed: list of udp, tcp)',
  ],
  ['wants a section where a section belongs', 'failover: 3\n', {}, '1: failover must be a section with keys'],
  [
    'names the variable when the environment is at fault',
    '',
    { PORTICO_LISTEN_ADMIN_PORT: 'http', PORTICO_LISTEN_PUBLIC_ALLOW_MISSING_ORIGIN: 'yes' },
    'environment: PORTICO_LISTEN_PUBLIC_ALLOW_MISSING_ORIGIN must be a boolean',
    'environment: PORTICO_LISTEN_ADMIN_PORT must be a number (allowed: 0 to 65535)',
  ],
  [
    'refuses a variable that is no setting',
    '',
    { PORTICO_STOER: 'memory:' },
    'environment: PORTICO_STOER is not a setting; docs/settings.md lists all',
  ],
  [
    'tells the faults of file and environment together',
    'bogus: 1\nstore: mysql://db\nfleet: { name: A B }\n',
    { PORTICO_FLEET_RHO: '7' },
    '2: store must be memory: or redis://… or rediss://…',
    '3: fleet.name must be 1 to 64 of a-z 0-9 _ . -',
    'environment: PORTICO_FLEET_RHO is more than 1 (allowed: 0 to 1)',
    '1: bogus is not a setting (known here: listen, signalling, store, dataDir, media, fleet, utilisation, health, failover, trunks, agents, dialOut, reservations, redis, decisions, limits, tls, admin, capture, log, cdr)',
  ],
  [
    'refuses a certificate without a key',
    'tls:\n  cert: /a.pem\n',
    {},
    '1: tls.key tls.cert and tls.key belong together',
  ],
  [
    'refuses an open admin listener without TLS',
    'listen:\n  admin:\n    host: 0.0.0.0\n',
    {},
    '3: listen.admin.host must be a loopback address unless tls.cert and tls.key are set',
  ],
  [
    'refuses a drachtio engine without a secret',
    'signalling:\n  engine: drachtio\n',
    {},
    '1: signalling.drachtio.secret is needed when signalling.engine is drachtio',
  ],
  [
    'refuses a key that stands twice',
    'store: "memory:"\nstore: "memory:"\n',
    {},
    '2: Map keys must be unique',
  ],
]

for (const [name, text, env, ...faults] of faulty) {
  t.test(name, async t => t.strictSame(faultsOf(t, text, env), faults))
}

t.test('a secret in a file that others may read is a fault, in a private file it is none', async t => {
  const file = join(t.testdir({ 'portico.yaml': 'admin:\n  token: 0123456789abcdef\n' }), 'portico.yaml')
  chmodSync(file, 0o644)
  t.throws(() => loadConfig({ file, env: {} }), { code: 'E_CONFIG', message: /2: admin.token .* chmod 600/ })
  chmodSync(file, 0o600)
  t.equal(loadConfig({ file, env: {} }).config.admin.token, '0123456789abcdef')
})

t.test('so are the secrets of the fleet', async t => {
  const secret = 'x'.repeat(40)
  const text = `fleet:\n  pinSecret: ${secret}\n  registration:\n    secret: ${secret}\n    amiSecret: ${secret}\n`
  const file = join(t.testdir({ 'portico.yaml': text }), 'portico.yaml')
  chmodSync(file, 0o644)
  for (const setting of ['pinSecret', 'registration.secret', 'registration.amiSecret'])
    t.throws(() => loadConfig({ file, env: {} }), { message: new RegExp(`fleet.${setting} is a secret`) })
})

t.test('a file that was named must be there', async t => {
  const file = join(t.testdir({}), 'none.yaml')
  t.throws(() => loadConfig({ file, env: {} }), { code: 'E_CONFIG', message: /cannot read .*none\.yaml/ })
  t.throws(() => loadConfig({ env: { PORTICO_CONFIG: file } }), { code: 'E_CONFIG' })
})

t.test('without a file and variables everything has its default', async t => {
  t.strictSame(loadConfig({ env: {}, cwd: t.testdir({}) }), { config: defaultConfig })
})

t.test('--config goes before PORTICO_CONFIG, which goes before ./portico.yaml', async t => {
  const dir = t.testdir({
    'portico.yaml': 'fleet: { name: here }',
    'a.yaml': 'fleet: { name: a }',
    'b.yaml': 'fleet: { name: b }',
  })
  const [a, b] = [join(dir, 'a.yaml'), join(dir, 'b.yaml')]
  t.equal(loadConfig({ cwd: dir, env: {} }).config.fleet.name, 'here')
  t.equal(loadConfig({ cwd: dir, env: { PORTICO_CONFIG: a } }).config.fleet.name, 'a')
  t.equal(loadConfig({ cwd: dir, env: { PORTICO_CONFIG: a }, file: b }).config.fleet.name, 'b')
})

t.test('the environment goes before the file, and empty variables do not count', async t => {
  const dir = t.testdir({ 'portico.yaml': 'listen: { public: { port: 1, path: /x } }\nstore: redis://a\n' })
  const { config } = loadConfig({
    cwd: dir,
    env: {
      PORTICO_LISTEN_PUBLIC_PORT: '443',
      PORTICO_LISTEN_INSIDE_TRANSPORTS: 'udp',
      PORTICO_LISTEN_PUBLIC_ORIGINS: 'https://a.example, https://b.example',
      PORTICO_LISTEN_PUBLIC_ADVERTISE_HOST: 'door.example',
      PORTICO_LISTEN_PUBLIC_ADVERTISE_PORT: '443',
      PORTICO_AGENTS_FLOW_GRACE_MS: '5000',
      PORTICO_STORE: '',
      PORTICO_LAB_CACHE: '/var/cache',
      PORTICO_TOKEN: 'for the command line',
    },
  })
  t.match(config, {
    listen: {
      public: {
        port: 443,
        path: '/x',
        origins: ['https://a.example', 'https://b.example'],
        advertise: { host: 'door.example', port: 443 },
      },
      inside: { transports: ['udp'] },
    },
    agents: { flowGraceMs: 5000 },
    store: 'redis://a',
  })
})

t.test('nothing in a configuration can be changed', async t => {
  const { config } = loadConfig({ env: {}, cwd: t.testdir({}) })
  t.ok(Object.isFrozen(config.listen.public))
  t.ok(Object.isFrozen(config.media.rtpengine))
})

t.test('a key that would reach a prototype is an unknown key', async t => {
  t.match(
    faultsOf(t, '__proto__: { polluted: 1 }\nconstructor: 1\n').join('\n'),
    /constructor is not a setting/,
  )
  t.notOk('polluted' in {})
})
