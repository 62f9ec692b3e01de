// M2: the door's user of a real Manager Interface may do what the door needs and nothing that would let an intruder run programs or
// rewrite the configuration; it is let in from a door's address alone; a door says so when more is granted; and TLS carries it.
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import t, { type Test } from 'tap'
import { loadTemplates, renderAsterisk } from '../../../config/asterisk/render.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog, type Fields } from '../../../runtime/log.ts'
import { createFleetCollector } from '../../../selector/ami/fleet-collector.ts'
import type { AmiAddress, MediaServer } from '../../../selector/domain/media-server.ts'
import { createMemoryStore } from '../../../selector/store/memory/store.ts'
import { login } from '../../support/ami-legs.ts'
import { within } from '../../support/attack/time.ts'
import { startLab, type Lab, type LabServer } from '../../support/lab.ts'
import { inNamespace } from '../../support/namespace.ts'

t.setTimeout(120_000)

/** What an intruder with the door's secret would try. */
const forbidden: readonly Readonly<Record<string, string>>[] = [
  { action: 'Command', command: 'core show version' },
  { action: 'UpdateConfig', srcfilename: 'manager.conf', dstfilename: 'manager.conf' },
  { action: 'GetConfig', filename: 'manager.conf' },
  { action: 'GetConfigJSON', filename: 'manager.conf' },
  { action: 'CreateConfig', filename: 'x.conf' },
  { action: 'ListCategories', filename: 'manager.conf' },
  { action: 'ModuleLoad', loadtype: 'reload' },
  { action: 'Reload' },
  { action: 'DBPut', family: 'a', key: 'b', val: 'c' },
  { action: 'DialplanExtensionAdd', context: 'x', extension: '1', priority: '1', application: 'System' },
  { action: 'Filter', operation: 'Add', filter: '!Event: Hangup' },
  { action: 'Originate', channel: 'Local/s@x', application: 'System', data: 'id' },
  { action: 'Originate', channel: 'Local/s@x', application: 'TrySystem', data: 'id' },
  { action: 'Originate', channel: 'Local/s@x', application: 'ExternalIVR', data: 'id' },
  { action: 'Originate', channel: 'Local/s@x', application: 'AGI', data: 'id' },
  { action: 'Originate', channel: 'Local/s@x', application: 'MixMonitor', data: 'x,,id' },
  { action: 'Originate', channel: 'Local/s@x', application: 'NoOp', data: '${SHELL(id)}' },
]

type Said = readonly [event: string, fields: Fields]

/** What a door that collects from that server says by the time it knows what the server carries, and a moment later. */
async function collected(t: Test, server: MediaServer): Promise<{ known: boolean; said: readonly Said[] }> {
  const said: Said[] = []
  const note = (event: string, fields: Fields = {}): void => void said.push([event, fields])
  const log = { ...silentLog, info: note, warn: note, error: note }
  const policy = { utilisation: 'expected', rho: 0.7 } as const
  const store = createMemoryStore({ policy, clock: systemClock, log: silentLog })
  await store.servers.put(server)
  const parts = { holder: 'test', clock: systemClock, chance: () => 0.02 }
  const collectors = createFleetCollector({ ...parts, store, log })
  t.teardown(() => collectors.stop())
  await collectors.start()
  const known = await within(
    3_000,
    async () => (await store.ledger.candidates())[0]?.load?.reconciled === true,
  )
  await within(500, () => said.some(([event]) => event.startsWith('ami.rights')))
  await collectors.stop()
  return { known, said }
}

/** Changes the files of an Asterisk as an operator does. */
async function rewritten(
  lab: Lab,
  { id, dir }: LabServer,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, 'etc', name), content)
  await lab.run('exec', id, 'manager reload')
}

/** What a login from `from` is answered; empty when nobody listens. */
async function answered({ host, port, username, secret }: AmiAddress, from: string): Promise<string> {
  return await new Promise(resolve => {
    let text = ''
    const socket = connect({ host, port, localAddress: from })
    const done = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket.setTimeout(2_000, done)
    socket.on('error', done).on('close', done)
    socket.write(`Action: Login\r\nUsername: ${username}\r\nSecret: ${secret}\r\n\r\n`)
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (/^Message: .*\r\n/m.test(text)) done()
    })
  })
}

async function suite(): Promise<void> {
  const lab = await startLab('ami-rights', 1)
  const [server] = lab.servers
  if (!server) throw new Error('the lab has no server')
  t.teardown(() => lab.run('down'))
  const file = readFileSync(join(server.dir, 'etc', 'manager.conf'), 'utf8')

  await t.test('what the door does not need is refused', async t => {
    const [link] = await login(server)
    for (const action of forbidden) {
      const name = Object.values(action).join(' ')
      await t.rejects(link.action(action), { code: 'E_AMI_REFUSED', message: /denied|forbidden/i }, name)
    }
    link.stop()
    t.strictSame(
      (await collected(t, server)).said.filter(([event]) => event.startsWith('ami.rights')),
      [],
    )
  })

  await t.test('a door warns of every class that it does not need', async t => {
    await rewritten(lab, server, { 'manager.conf': file.replace(/^write = .*$/m, 'write = all') })
    const { said } = await collected(t, server)
    t.match(
      said.filter(([event]) => event.startsWith('ami.rights')),
      [['ami.rights-excess', { server: server.id, excess: ['command', 'system', 'config'] }]],
    )
  })

  await t.test('nobody logs in from an address that is no door’s, whatever he knows', async t => {
    await rewritten(lab, server, { 'manager.conf': file.replace(/^permit = .*$/m, 'permit = 127.0.0.1') })
    t.match(await answered(server.ami, '127.0.0.1'), /Response: Success/)
    t.match(await answered(server.ami, '127.0.0.9'), /Response: Error[^]*Authentication failed/)
  })

  await t.test('over TLS the door believes the authority that it was told, and no other', async t => {
    const host = server.ami.host
    const [own, other] = [await authority(host), await authority(host)]
    const { username: user, secret } = server.ami
    const ami = { host, port: 5039, user, secret, permit: ['127.0.0.1'], tls: true }
    const templates = await loadTemplates()
    const tlsFile = renderAsterisk(templates, { ...parametersOf(server), ami }).find(({ name }) =>
      /tls/.test(name),
    )
    const files = { 'ami.pem': own.cert, 'ami.key': own.key, 'manager-tls.conf': tlsFile?.content ?? '' }
    await rewritten(lab, server, { ...files, 'manager.conf': file })
    const over = (tls: { readonly ca?: string }): MediaServer => ({
      ...server,
      ami: { ...server.ami, port: 5039, tls },
    })
    t.ok((await collected(t, over({ ca: own.cert }))).known)
    const wrong = await collected(t, over({ ca: other.cert }))
    t.notOk(wrong.known)
    t.match(wrong.said, [['ami.down', { cause: /self-signed/ }]])
    t.notOk((await collected(t, over({}))).known, 'nor does it believe whom the system does not')
    t.equal(await answered(server.ami, '127.0.0.1'), '', 'and without TLS nobody is let in from outside')
  })
}

async function authority(host: string): Promise<{ readonly cert: string; readonly key: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'AMI' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: host }] }],
  })
  return { cert, key }
}

const inside = (name: string): string => `/lab/${name}`

/** As the lab has them inside its chroot. */
function parametersOf({ id, sip }: LabServer) {
  return {
    id,
    sip,
    media: { host: sip.host, portMin: 10_000, portMax: 10_999, rtpTimeoutSec: 30 },
    door: { host: '127.0.0.1', port: 5070, transport: 'udp', addresses: ['127.0.0.1'] } as const,
    maxCalls: 0,
    directories: {
      etc: inside('etc'),
      varlib: '/var/lib/asterisk',
      db: inside('var'),
      keys: inside('keys'),
      spool: inside('spool'),
      run: inside('run'),
      log: inside('log'),
      music: inside('music'),
      recordings: inside('rec'),
    },
    lab: true,
  }
}

if (await inNamespace(import.meta.url)) await suite()
