// What an operator sees of a call from outside, in a real `portico up`: its trace, its copies at a capture server, its counters.
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { openMediaServer } from '../support/media-server.ts'
import { inNamespace } from '../support/namespace.ts'
import { openDoor } from '../support/open-door.ts'
import { headerOf } from '../support/sip-text.ts'
import { portico, startPortico, until } from '../support/world.ts'

if (await inNamespace(import.meta.url)) suite()

const token = '0123456789abcdef'

function suite(): void {
  t.test('a call can be traced, is captured, and is counted', async t => {
    const captured = await captureServer(t, 9060)
    const file = settings(
      t,
      `media: { mode: direct }\nadmin: { token: ${token} }\ncapture: { hep: udp://127.0.0.1:9060, id: 77, password: homer }\n`,
    )
    const door = await startPortico('up', file)
    await refusedCall(t)
    await until('copies of the call', () => captured.some(packet => packet.includes('SIP/2.0 403')))

    const invite = captured.find(packet => packet.includes('INVITE sip:1001')) ?? Buffer.alloc(0)
    t.equal(invite.toString('latin1', 0, 4), 'HEP3')
    t.equal(invite.readUInt16BE(4), invite.length)
    t.strictSame(chunk(invite, 12)?.readUInt32BE(), 77)
    t.equal(chunk(invite, 14)?.toString(), 'homer')
    t.strictSame([...(chunk(invite, 3) ?? [])], [127, 0, 0, 3], 'from the carrier')
    t.strictSame(chunk(invite, 8)?.readUInt16BE(), 5060, 'to our port')

    const callId = /\r\nCall-ID: (\S+)/.exec(invite.toString('latin1'))?.[1] ?? ''
    const { stdout: diagram } = await cli(file, 'trace', callId)
    t.match(diagram, /udp 127\.0\.0\.3:\d+ +portico/)
    t.match(diagram, /\|-+ INVITE sdp -+>\|/)
    t.match(diagram, /\|<-+ 403 Forbidden \(INVITE\) -+\|/)
    t.match(diagram, /\|-+ ACK -+>\|/)
    const { stdout: json } = await cli(file, '--json', 'trace', callId)
    t.match(JSON.parse(json), {
      messages: [{ leg: callId, direction: 'in', transport: 'udp', local: { port: 5060 } }],
      omitted: 0,
    })
    const { stdout: whole } = await cli(file, 'trace', callId, '--messages')
    t.match(whole, `Call-ID: ${callId}`)
    await t.rejects(cli(file, 'trace', 'nobody'), /E_NOT_FOUND/)

    const metrics = await scrape()
    t.match(metrics, /^drachtio_sip_requests_in_total\{method="INVITE"\} 1$/m)
    t.match(metrics, /^drachtio_sip_responses_out_total\{method="INVITE",code="403"\} 1$/m)
    for (const name of wanted) t.match(metrics, new RegExp(`^# TYPE ${name} `, 'm'), name)
    t.equal(await door.stop(), 0)
  })

  t.test('both legs of a call are one trace, by the id that the media server is told', async t => {
    const server = await openMediaServer(t)
    let call = ''
    server.onInvite = invite => {
      call = headerOf(invite, 'x-portico-call')
      return { status: 486 }
    }
    const door = await openDoor(t, { server: server.sip })
    const outcome = await (await door.agent('1001')).tryToJoin()
    t.match(outcome, { status: 486 })
    const messages = door.door.trace?.of(call)?.messages ?? []
    t.equal(new Set(messages.map(({ leg }) => leg)).size, 2)
    const [caller, asked] = [messages[0], messages.find(({ transport }) => transport === 'udp')]
    t.match(caller, { direction: 'in', transport: 'wss', text: /^INVITE / })
    t.match(asked, { direction: 'out', peer: { port: server.sip.port }, text: /^INVITE sip:agt-1001@/ })
    t.strictSame(door.door.trace?.of(caller?.leg ?? ''), door.door.trace?.of(call), 'and by either Call-ID')
  })
}

/** What is promised to be counted: transactions, dialogs, connections, retransmissions, parse errors, queues, loop lag. */
const wanted = [
  'drachtio_sofia_server_txn_hash_size',
  'drachtio_sofia_client_txn_hash_size',
  'drachtio_stable_dialogs',
  'portico_sip_timers',
  'portico_sip_malformed_total',
  'portico_flows',
  'portico_flow_queue_bytes',
  'drachtio_sofia_retransmitted_requests',
  'portico_loop_lag_seconds',
  'portico_shed_level',
  'nodejs_eventloop_lag_seconds',
]

async function refusedCall(t: Test): Promise<void> {
  const carrier = new SyntheticCarrier({
    address: '127.0.0.3',
    door: { host: '127.0.0.1', port: 5060 },
  })
  await carrier.start()
  t.teardown(() => carrier.stop())
  t.match(await carrier.call('1001'), { status: 403 })
}

async function captureServer(t: Test, port: number): Promise<readonly Buffer[]> {
  const packets: Buffer[] = []
  const socket = createSocket('udp4', packet => packets.push(packet))
  await new Promise<void>(resolve => socket.bind(port, '127.0.0.1', resolve))
  t.teardown(() => socket.close())
  return packets
}

/** The value of a chunk of a HEP packet. */
function chunk(packet: Buffer, type: number): Buffer | undefined {
  for (let at = 6; at + 6 <= packet.length; at += packet.readUInt16BE(at + 4)) {
    if (packet.readUInt16BE(at + 2) === type) return packet.subarray(at + 6, at + packet.readUInt16BE(at + 4))
  }
  return undefined
}

async function cli(file: string, ...args: readonly string[]): Promise<{ readonly stdout: string }> {
  const { command, options } = portico(['--config', file, ...args])
  return promisify(execFile)(command[0], command.slice(1), options)
}

async function scrape(): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` }
  return (await fetch('http://127.0.0.1:9080/metrics', { headers })).text()
}

/** A settings file in a folder of its own. */
function settings(t: Test, yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-settings-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'portico.yaml')
  writeFileSync(file, `dataDir: ${folder}/data\n${yaml}`, { mode: 0o600 })
  return file
}
