import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { firstLine } from '../../../cli/terminal.ts'
import { hostPort } from '../../../cli/values.ts'
import { settingsPage } from '../../../config/documentation.ts'
import { liveSelector, runCli } from '../../support/cli.ts'

const nobody = { PORTICO_URL: 'http://127.0.0.1:9', PORTICO_TOKEN: 'x' }

t.test('wrong usage ends with 2, help with 0', async t => {
  for (const command of ['servres ls', 'servers', 'servers ls --nope', 'servers add ast1', 'agents add']) {
    const { code, error } = await runCli(command.split(' '), { env: nobody })
    t.equal(code, 2, command)
    t.not(error, '', command)
  }
  const bad = 'servers add a --sip x:y --ami b --ami-user u --capacity 1'
  t.match(await runCli(bad.split(' '), { env: nobody }), { code: 2, error: /host, host:port/ })
  t.match(await runCli(['--help']), { code: 0, out: /Usage: portico/ })
  t.match(await runCli(['--version']), { code: 0, out: /^\d+\.\d+\.\d+\n$/ })
  t.match(await runCli(['servers', 'add', '--help']), { code: 0, out: /--ami-secret-stdin/ })
})

t.test('an API that cannot be reached ends with 1, one line and the next step', async t => {
  const { code, out, error } = await runCli(['servers', 'ls'], { env: nobody })
  t.match([code, out], [1, ''])
  t.match(
    error,
    /^portico: cannot reach the admin API at http:\/\/127\.0\.0\.1:9 .*portico up.*--url.*\[E_API\]\n$/,
  )
})

t.test('a wrong token is told', async t => {
  const { url } = await liveSelector(t)
  t.match(await runCli(['agents', 'ls', '--url', url, '--token', 'wrong']), {
    code: 1,
    error: /--token or PORTICO_TOKEN/,
  })
})

t.test('URL and token come from the settings when nobody gives them', async t => {
  const { url, config } = await liveSelector(t)
  const dir = config.dataDir
  const file = join(dir, 'portico.yaml')
  writeFileSync(file, `dataDir: ${dir}/data\nlisten: { admin: { port: ${new URL(url).port} } }\n`)
  t.match(await runCli(['servers', 'ls', '--config', file]), {
    code: 2,
    error: /no admin token .*PORTICO_TOKEN/,
  })
  mkdirSync(join(dir, 'data'))
  writeFileSync(join(dir, 'data/admin-token'), 'token-of-the-tests\n', { mode: 0o600 })
  t.match(await runCli(['servers', 'ls', '--config', file]), { code: 0, out: /no media servers/ })
  t.match(await runCli(['--config', file, 'servers', 'ls', '--json']), { code: 0, out: '[]\n' })
})

t.test('config check tells every fault and ends with 2', async t => {
  const dir = t.testdir({ 'bad.yaml': 'stroe: x\nfleet: { rho: 2 }\n', 'good.yaml': 'fleet: { rho: 0.8 }\n' })
  const bad = await runCli(['config', 'check', '--config', join(dir, 'bad.yaml')])
  t.equal(bad.code, 2)
  t.match(bad.error, /bad\.yaml:1: stroe is not a setting/)
  t.match(bad.error, /bad\.yaml:2: fleet\.rho is more than 1/)
  t.match(await runCli(['config', 'check', '--config', join(dir, 'good.yaml')]), {
    code: 0,
    out: /^ok: .*good\.yaml\n/,
  })
})

t.test('config show hides secrets, and config settings is the page in docs', async t => {
  const env = {
    PORTICO_STORE: 'rediss://user:canary@redis.example:6379/1',
    PORTICO_ADMIN_TOKEN: 'canary-canary-canary',
    PORTICO_FLEET_PIN_SECRET: 'canary'.repeat(6),
    PORTICO_FLEET_REGISTRATION_AMI_SECRET: 'canary-of-ami',
    PORTICO_AGENTS_ICE_SERVERS: '[{"urls":["turn:t.example"],"username":"u","credential":"canary"}]',
  }
  for (const options of [[], ['--json']]) {
    const { code, out } = await runCli(['config', 'show', ...options], { env })
    t.equal(code, 0)
    t.notMatch(out, /canary/)
    t.match(out, 'rediss://***@redis.example:6379/1')
  }
  t.equal((await runCli(['config', 'settings'])).out, settingsPage())
})

t.test('asterisk-config writes the files of a media server', async t => {
  const { portico, config } = await liveSelector(t)
  await portico(
    'servers add ast1 --sip 127.0.1.1 --ami 127.0.1.1 --ami-user portico --capacity 9 --ami-secret-stdin',
    's3cret',
  )
  t.match(await portico('asterisk-config ast1'), {
    code: 2,
    error: /--ami-secret-stdin or --ami-secret-file/,
  })
  const out = join(config.dataDir, 'etc')
  t.match(await portico(`asterisk-config ast1 --ami-secret-stdin --out ${out}`, 's3cret'), {
    code: 0,
    out: /files written/,
  })
  t.ok(readdirSync(out).includes('pjsip.conf'))
  t.match(readFileSync(join(out, 'asterisk.conf'), 'utf8'), /systemname\s*=>?\s*ast1/)
  t.match(readFileSync(join(out, 'manager.conf'), 'utf8'), 's3cret')
})

t.test('asterisk-config --register writes what a server needs to join by itself', async t => {
  const env = {
    PORTICO_FLEET_REGISTRATION_NETWORKS: '10.0.0.0/24',
    PORTICO_FLEET_REGISTRATION_SECRET: 'a-secret-of-the-whole-fleet',
    PORTICO_FLEET_REGISTRATION_AMI_SECRET: 'ami-of-the-fleet',
  }
  const out = join(t.testdir({}), 'etc')
  const command =
    'asterisk-config ast9 --register --sip 10.0.0.19:5080 --capacity 40 --zone fra1 --door 10.0.0.5'
  t.match(await runCli([...command.split(' '), '--out', out], { env }), { code: 0 }, 'nobody is asked for it')
  const file = readFileSync(join(out, 'pjsip-register.conf'), 'utf8')
  for (const line of [
    'server_uri = sip:10.0.0.5:5070',
    'contact_user = ast9',
    'x-max-agents=40\\;x-zone=fra1',
    'password = a-secret-of-the-whole-fleet',
  ])
    t.ok(file.includes(line), line)
  t.match(readFileSync(join(out, 'manager.conf'), 'utf8'), 'secret = ami-of-the-fleet')
  t.match(readFileSync(join(out, 'pjsip.conf'), 'utf8'), 'bind = 10.0.0.19:5080')
  const bare = await runCli(command.split(' '), { env: {} })
  t.equal(bare.code, 2)
  t.match(bare.error, /fleet\.registration\.secret|ami-secret/)
})

t.test('hosts and ports are read as people write them', async t => {
  t.strictSame(hostPort('ast1.example:5080'), { host: 'ast1.example', port: 5080 })
  t.strictSame(hostPort('192.0.2.1'), { host: '192.0.2.1' })
  t.strictSame(hostPort('[2001:db8::1]:5060'), { host: '2001:db8::1', port: 5060 })
  t.throws(() => hostPort('2001:db8::1'))
  t.throws(() => hostPort('a b'))
})

t.test('standard input is read up to its first line break and not without end', async t => {
  t.equal(await firstLine(Readable.from(['sec', 'ret\r\nmore', 'and more'])), 'secret')
  t.equal(await firstLine(Readable.from([])), '')
  await t.rejects(firstLine(Readable.from(['x'.repeat(5_000), 'y'])), { code: 'E_CONFIG' })
})
