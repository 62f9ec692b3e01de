import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { debianDirectories, loadTemplates, renderAsterisk } from '../../config/asterisk/render.ts'
import { createClient } from '../../selector/client.ts'
import { startLab, type Lab, type LabServer } from '../support/lab.ts'
import { inNamespace } from '../support/namespace.ts'
import { startPortico, until } from '../support/world.ts'

t.setTimeout(240_000)
const token = 'an-admin-token-for-tests'
const secret = 'a-secret-of-the-whole-fleet'

/** Gives a running Asterisk the file that makes it register, as `asterisk-config --register` writes it. */
async function letRegister(lab: Lab, server: LabServer, digestSecret: string): Promise<void> {
  const { id, sip, ami } = server
  const files = renderAsterisk(await loadTemplates(), {
    id,
    sip,
    ami: { host: ami.host, port: ami.port, user: ami.username, secret: ami.secret, permit: ['127.0.0.1'] },
    media: { host: sip.host, portMin: 10_000, portMax: 10_999, rtpTimeoutSec: 30 },
    door: { host: '127.0.0.1', port: 5070, transport: 'udp', addresses: ['127.0.0.1'] },
    register: { secret: digestSecret, capacity: 40, zone: 'fra1' },
    maxCalls: 0,
    directories: debianDirectories,
    lab: true,
  })
  const file = files.find(({ name }) => name === 'pjsip-register.conf')
  writeFileSync(join(server.dir, 'etc', 'pjsip-register.conf'), file?.content ?? '')
  await lab.run('exec', id, 'core reload')
}

async function suite(): Promise<void> {
  const lab = await startLab('registration', 2)
  const [one, two] = lab.servers
  if (!one || !two) throw new Error('the lab has not two servers')
  const dataDir = mkdtempSync(join(tmpdir(), 'portico-registration-'))
  const config = {
    dataDir,
    admin: { token },
    media: { mode: 'direct' },
    fleet: {
      registration: { networks: ['127.0.1.0/24'], secret, amiSecret: one.ami.secret, maxSec: 30 },
    },
  }
  const file = join(dataDir, 'portico.yaml')
  writeFileSync(file, stringify(config), { mode: 0o600 })
  const door = await startPortico('up', file)
  const client = createClient({ url: 'http://127.0.0.1:9080', token })
  const known = async (id: string) => (await client.servers.list()).find(server => server.id === id)
  t.teardown(async () => {
    await door.stop()
    await lab.run('down')
  })

  let joined = 0
  await t.test('an Asterisk that proves the secret joins, and gets agents once it is reconciled', async t => {
    t.strictSame(await client.servers.list(), [])
    await letRegister(lab, one, secret)
    await until('the server to join', async () => (await known(one.id)) !== undefined, 20_000)
    joined = performance.now()
    t.match(await known(one.id), {
      sip: { host: one.sip.host, port: 5060 },
      ami: { host: one.ami.host, port: 5038, username: 'portico' },
      capacity: 40,
      zone: 'fra1',
      wanted: 'active',
      registration: 'current',
    })
    await until('its counters to be true', async () => (await known(one.id))?.state?.load?.state === 'known')
    await until('it to be chosen', async () => (await client.look({})).server?.id === one.id)
  })

  await t.test('one that does not prove it stays outside', async t => {
    await letRegister(lab, two, 'a-secret-of-somebody-else')
    const told = async (): Promise<string> => lab.run('exec', two.id, 'pjsip show registrations')
    await until('its registration to be refused', async () => /Rejected|Stopped/.test(await told()), 20_000)
    t.equal(await known(two.id), undefined)
  })

  await t.test('it keeps its place by registering again and again', async t => {
    await new Promise(resolve => setTimeout(resolve, joined + 35_000 - performance.now()))
    t.match(await known(one.id), { wanted: 'active', registration: 'current' })
  })

  await t.test('one that says that it goes is drained at once, and not forgotten', async t => {
    await lab.run('exec', one.id, 'pjsip send unregister *all')
    await until('it to be drained', async () => (await known(one.id))?.wanted === 'draining')
    t.match(await known(one.id), { registration: 'lapsed', capacity: 40 })
  })
}

if (await inNamespace(import.meta.url)) await suite()
