// W1: only pages of allowed origins may open the WebSocket; everybody else gets 403 before anything is read.
import t from 'tap'
import { rawClient, upgradeText } from '../../support/attack/peers.ts'
import { openTarget, origin } from '../../support/attack/target.ts'
import { requestText } from '../../support/attack/text.ts'
import { within } from '../../support/attack/time.ts'

const variants: readonly [name: string, value: string][] = [
  ['another site', 'https://evil.example'],
  ['null, as of a sandboxed frame', 'null'],
  ['the allowed one as a prefix', `${origin}.evil.example`],
  ['the allowed one as a suffix', 'https://evil-agents.example.com'],
  ['a subdomain', 'https://x.agents.example.com'],
  ['the parent domain', 'https://example.com'],
  ['the allowed one as user info', 'https://agents.example.com@evil.example'],
  ['other case', origin.toUpperCase()],
  ['other case of the scheme', 'HTTPS://agents.example.com'],
  ['the plain scheme', 'http://agents.example.com'],
  ['no scheme', 'agents.example.com'],
  ['another port', `${origin}:444`],
  ['the default port, which browsers leave out', `${origin}:443`],
  ['a slash at the end', `${origin}/`],
  ['a dot at the end', `${origin}.`],
  ['a path', `${origin}/sip`],
  ['a letter of another script', 'https://agents.ex\u{430}mple.com'],
  ['the same in Punycode', 'https://agents.xn--exmple-4nf.com'],
  ['two values', `${origin}, https://evil.example`],
  ['two headers', `${origin}\r\nOrigin: https://evil.example`],
  ['two headers, the allowed one last', `https://evil.example\r\nOrigin: ${origin}`],
  ['a backslash', 'https://agents.example.com\\@evil.example'],
  ['a tab in it', 'https://agents.example.com\t.evil.example'],
  ['a file', 'file://'],
  ['the wildcard itself', '*'],
  ['none', ''],
]

for (const [name, value] of variants) {
  t.test(`an upgrade from ${name} is refused before it is one`, async t => {
    const target = await openTarget(t)
    const client = rawClient(t, target.port('ws'))
    client.socket.write(upgradeText({ Origin: value }))
    // What an attacker would send blindly, behind the upgrade.
    client.socket.write(requestText('REGISTER'))
    await client.closed
    t.match(client.got(), /^HTTP\/1\.1 403 Forbidden\r\n/)
    t.notMatch(client.got(), /101|SIP/)
    t.strictSame([target.heard(), target.flows()], [[], 0])
    t.equal(target.count('portico_upgrades_refused_total', 'origin-not-allowed'), 1)
  })
}

t.test('the allowed origin is let in', async t => {
  const target = await openTarget(t)
  const client = rawClient(t, target.port('ws'))
  client.socket.write(upgradeText())
  t.ok(await within(2000, () => client.got().startsWith('HTTP/1.1 101')))
})

t.test('without the list each of them gets in', async t => {
  const target = await openTarget(t, { ws: { origins: ['*'], allowMissingOrigin: true } })
  for (const [name, value] of variants) {
    const client = rawClient(t, target.port('ws'))
    client.socket.write(upgradeText({ Origin: value }))
    t.ok(await within(2000, () => client.got().startsWith('HTTP/1.1 101')), name)
  }
})
