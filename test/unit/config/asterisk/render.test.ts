import t from 'tap'
import {
  debianDirectories,
  loadTemplates,
  renderAsterisk,
  type ConfigFile,
  type MediaServerParameters,
} from '../../../../config/asterisk/render.ts'

const parameters: MediaServerParameters = {
  id: 'ms-1',
  sip: { host: '10.0.0.11', port: 5060 },
  ami: { host: '10.0.0.11', port: 5038, user: 'portico', secret: 's3cret', permit: ['10.0.0.5', '10.0.0.6'] },
  media: { host: '10.0.0.11', portMin: 12000, portMax: 12999, rtpTimeoutSec: 60 },
  door: { host: '10.0.0.5', port: 5070, transport: 'udp', addresses: ['10.0.0.5', '10.0.0.6'] },
  maxCalls: 300,
  directories: debianDirectories,
  lab: false,
}
const templates = await loadTemplates()
const named = (files: readonly ConfigFile[], name: string) =>
  files.find(file => file.name === name)?.content ?? ''
const render = (changes: Partial<MediaServerParameters> = {}) =>
  renderAsterisk(templates, { ...parameters, ...changes })

t.test('leaves no placeholder in any file', async t => {
  const register = { secret: 'x', capacity: 1, zone: 'z' }
  const ami = { ...parameters.ami, tls: true }
  for (const { name, content } of render({ lab: true, register, ami }))
    t.notMatch(content, /\{\{|\}\}\s*$/m, name)
})

t.test('gives the files of a media server, and one more in a lab', async t => {
  t.equal(render().length, 12)
  t.equal(named(render(), 'extensions-lab.conf'), '')
  t.match(named(render({ lab: true }), 'extensions-lab.conf'), 'MixMonitor')
})

t.test('opens the Manager Interface over TLS alone where the doors use TLS', async t => {
  t.equal(named(render(), 'manager-tls.conf'), '')
  const file = named(render({ ami: { ...parameters.ami, port: 5039, tls: true } }), 'manager-tls.conf')
  for (const line of ['bindaddr = 127.0.0.1', 'tlsenable = yes', 'tlsbindaddr = 10.0.0.11:5039']) {
    t.ok(file.includes(line), line)
  }
})

t.test('lets a server register itself only where it shall', async t => {
  t.equal(named(render(), 'pjsip-register.conf'), '')
  const file = named(
    render({ register: { secret: 'of the fleet'.replaceAll(' ', '-'), capacity: 40, zone: 'fra1' } }),
    'pjsip-register.conf',
  )
  for (const line of [
    'server_uri = sip:10.0.0.5:5070\\;transport=udp',
    'contact_user = ms-1',
    'contact_header_params = x-ami=5038\\;x-max-agents=40\\;x-zone=fra1',
    'password = of-the-fleet',
  ]) {
    t.ok(file.includes(line), line)
  }
})

const places: readonly [what: string, file: string, line: string][] = [
  ['names the system', 'asterisk.conf', 'systemname = ms-1'],
  ['binds SIP', 'pjsip.conf', 'bind = 10.0.0.11:5060'],
  ['knows the doors by address', 'pjsip.conf', 'match = 10.0.0.5,10.0.0.6'],
  ['refuses all other addresses', 'pjsip.conf', 'deny = 0.0.0.0/0.0.0.0\npermit = 10.0.0.5,10.0.0.6'],
  ['sends through the door', 'pjsip.conf', 'outbound_proxy = sip:10.0.0.5:5070\\;transport=udp\\;lr'],
  ['names the AMI user', 'manager.conf', '[portico]\nsecret = s3cret'],
  ['sets the RTP ports', 'rtp.conf', 'rtpstart = 12000\nrtpend = 12999'],
  ['plays music from its directory', 'musiconhold.conf', 'directory = /usr/share/asterisk/moh'],
]
for (const [what, file, line] of places) {
  t.test(what, async t => t.ok(named(render(), file).includes(line), `${file} has ${line}`))
}

const hostile: readonly [what: string, changes: Partial<MediaServerParameters>][] = [
  ['a line break', { id: 'ms-1\nlive_dangerously = yes' }],
  ['a semicolon', { ami: { ...parameters.ami, secret: 'a;b' } }],
  ['a space', { door: { ...parameters.door, host: '10.0.0.5 x' } }],
  ['an empty list', { door: { ...parameters.door, addresses: [] } }],
]
for (const [what, changes] of hostile) {
  t.test(`refuses a value with ${what}`, async t => {
    t.throws(() => render(changes), { code: 'E_CONFIG' })
  })
}

t.test('refuses a template that names an unknown value', async t => {
  t.throws(() => renderAsterisk([{ name: 'x.conf', content: 'a = {{nothing}}' }], parameters), {
    code: 'E_CONFIG',
    message: 'x.conf: there is no value named nothing',
  })
})

t.test('never lets a dialplan pattern rest on the digit classes n, x and z', async t => {
  const patterns = [...named(render({ lab: true }), 'extensions.conf').matchAll(/^exten => (_[^,]*),/gm)]
  t.equal(patterns.length, 7)
  for (const [, pattern] of patterns) t.notMatch(pattern, /[nxz]/i)
})
