import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createClient } from '../../selector/client.ts'
import { inNamespace } from '../support/namespace.ts'
import { FakeAmi } from '../support/fake-ami.ts'
import { portico, startPortico, until } from '../support/world.ts'

if (await inNamespace(import.meta.url)) suite()

function suite(): void {
  t.test(
    'every wrong setting is told at once, with file, line and field, and the exit code is 2',
    async t => {
      const file = settings(t, 'listen:\n  public: { port: 99999 }\nfailover:\n  tryMs: soon\nstroe: redis\n')
      const { code, output } = await end(['up', '--config', file])
      t.equal(code, 2)
      for (const expected of [
        'portico.yaml:3',
        'listen.public.port',
        'portico.yaml:5',
        'failover.tryMs',
        'stroe',
      ]) {
        t.match(output, expected)
      }
    },
  )

  t.test('a Redis that cannot be reached is named, with the setting, and nothing stays open', async t => {
    const file = settings(t, 'store: redis://user:hush@127.0.0.1:6399\n')
    const { code, output } = await end(['up', '--config', file])
    t.equal(code, 1)
    t.match(output, /127\.0\.0\.1:6399/)
    t.match(output, 'E_REDIS_UNREACHABLE')
    t.notMatch(output, 'hush')
  })

  t.test('a port that is taken is named, with the setting to change', async t => {
    const squatter = createServer().listen(5070, '127.0.0.1')
    t.teardown(() => squatter.close())
    const { code, output } = await end(['up', '--config', settings(t, 'media: { mode: direct }\n')])
    t.equal(code, 1)
    t.match(output, 'E_PORT_IN_USE')
    t.match(output, /listen\.inside/)
  })

  t.test('a drachtio-server that is not there is named', async t => {
    const file = settings(
      t,
      'media: { mode: direct }\nsignalling: { engine: drachtio, drachtio: { secret: s } }\n',
    )
    const { code, output } = await end(['up', '--config', file])
    t.equal(code, 1)
    t.match(output, 'E_DRACHTIO_UNREACHABLE')
    t.match(output, /127\.0\.0\.1:9022/)
  })

  t.test(
    'a certificate that is not there is named; without any, one is made for development and said so',
    async t => {
      const missing = await end([
        'up',
        '--config',
        settings(t, 'tls: { cert: /nowhere.pem, key: /nowhere.key }\n'),
      ])
      t.equal(missing.code, 2)
      t.match(missing.output, /tls\.cert.*\/nowhere\.pem/)
      const file = settings(t, 'media: { mode: direct }\n')
      const door = await startPortico('up', file)
      const made = join(file, '..', 'data', 'development-cert.pem')
      t.ok(existsSync(made))
      t.equal(statSync(made.replace('cert.pem', 'key.pem')).mode & 0o777, 0o600)
      t.equal(await door.stop(), 0)
      t.match(door.output.join('\n'), /self-signed development certificate/)
      t.match(door.output.join('\n'), /media\.direct/, 'and that media is not anchored is said too')
    },
  )

  t.test('a wrong AMI password is said once, and the server gets nobody', async t => {
    const asterisk = new FakeAmi('right')
    await asterisk.start()
    t.teardown(() => asterisk.stop())
    const door = await startPortico(
      'up',
      settings(t, 'media: { mode: direct }\nadmin: { token: 0123456789abcdef }\n'),
    )
    const client = createClient({ url: 'http://127.0.0.1:9080', token: '0123456789abcdef' })
    await client.servers.add({
      id: 'ms-9',
      sip: { host: '127.0.0.9' },
      ami: { ...asterisk.address, secret: 'a wrong one' },
      capacity: 5,
    })
    await until('three attempts', () => asterisk.actions.length >= 3)
    const said = door.output.filter(line => line.includes('E_AMI_LOGIN'))
    t.equal(said.length, 1, said.join('\n'))
    t.match(said[0], 'ms-9')
    t.notMatch(door.output.join('\n'), 'a wrong one')
    t.match((await client.look({})).considered, [{ id: 'ms-9', excluded: 'not-reconciled' }])
    t.equal(await door.stop(), 0)
  })

  t.test(
    'malformed SIP gets 400 when it can be answered and silence when it cannot, and the door goes on',
    async t => {
      const door = await startPortico('up', settings(t, 'media: { mode: direct }\n'))
      const ask = await carrier(t)
      t.match(await ask(options.replace('CSeq: 1 OPTIONS', 'CSeq: one OPTIONS')), /^SIP\/2\.0 400 /)
      t.match(await ask(options.replace('SIP/2.0\r\nVia', 'SIP/7.0\r\nVia')), /^SIP\/2\.0 505 /)
      for (const silent of [
        '',
        '\r\n\r\n',
        'garbage',
        '\0\0\0\0',
        options.replace(/Via.*\r\n/, ''),
        'SIP/2.0 200 OK\r\n\r\n',
      ]) {
        t.equal(await ask(silent, 150), undefined, JSON.stringify(silent.slice(0, 20)))
      }
      t.match(await ask(options), /^SIP\/2\.0 403 /, 'a stranger’s OPTIONS is still answered')
      t.equal(await door.stop(), 0)
    },
  )
}

/** A settings file in a folder of its own. */
function settings(t: Test, yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-settings-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'portico.yaml')
  writeFileSync(file, `dataDir: ${folder}/data\n${yaml}`, { mode: 0o600 })
  return file
}

/** Runs a command that is expected to end by itself. */
async function end(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const { command, options } = portico(args)
  const child = spawn(command[0], command.slice(1), options)
  let output = ''
  child.stdout?.on('data', chunk => (output += String(chunk)))
  child.stderr?.on('data', chunk => (output += String(chunk)))
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { code, output }
}

/** Sends a datagram to the door and tells what comes back, if anything. */
async function carrier(t: Test): Promise<(text: string, waitMs?: number) => Promise<string | undefined>> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(5099, '127.0.0.3', resolve))
  t.teardown(() => socket.close())
  return (text, waitMs = 2000) =>
    new Promise(resolve => {
      const timer = setTimeout(() => settle(undefined), waitMs)
      const settle = (answer: string | undefined): void => {
        clearTimeout(timer)
        socket.removeAllListeners('message')
        resolve(answer)
      }
      socket.once('message', answer => settle(answer.toString()))
      socket.send(text, 5060, '127.0.0.1')
    })
}

const options = [
  'OPTIONS sip:127.0.0.1:5060 SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.3:5099;branch=z9hG4bKprobe',
  'From: <sip:probe@127.0.0.3>;tag=1',
  'To: <sip:127.0.0.1>',
  'Call-ID: probe@127.0.0.3',
  'CSeq: 1 OPTIONS',
  'Max-Forwards: 70',
  'Content-Length: 0',
  '',
  '',
].join('\r\n')
