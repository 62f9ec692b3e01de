import { readdirSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { once } from 'node:events'
import t from 'tap'
import { inNamespace } from '../../support/namespace.ts'

if (await inNamespace(import.meta.url)) {
  t.test('only loopback exists', async t => {
    t.strictSame(Object.keys(networkInterfaces()), ['lo'])
  })

  t.test('loopback carries traffic, also on its other addresses', async t => {
    const server = createServer(socket => socket.end('here'))
    await once(server.listen(2000, '127.0.1.1'), 'listening')
    const socket = connect(2000, '127.0.1.1')
    t.equal(await text(socket), 'here')
    server.close()
  })

  t.test('this process is the first of its own process table', async t => {
    t.equal(process.pid, 1)
    t.strictSame(
      readdirSync('/proc').filter(name => /^\d+$/.test(name)),
      ['1'],
    )
  })

  t.test('a child that is left running keeps nobody waiting', async t => {
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    child.unref()
    await once(child, 'spawn')
    t.ok(child.pid)
  })
}
