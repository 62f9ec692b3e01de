import * as fc from 'fast-check'
import t from 'tap'
import type { HeaderLine } from '../../../engine/message/message.ts'
import { carrierAddress, farEnd, realDoor } from '../../support/real-door.ts'
import { trunkOf } from '../../support/trunks.ts'

const canary = 'canary9'
const names = [
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Remote-Party-ID',
  'Diversion',
  'History-Info',
  'Alert-Info',
  'Call-Info',
  'Route',
  'Record-Route',
  'Path',
  'Service-Route',
  'Refer-To',
  'Referred-By',
  'Replaces',
  'X-Portico-Call',
  'X-Portico-Agent',
  'X-Whatever',
  'Authorization',
  'User-Agent',
  'Subject',
]

/** Ways to write a name so that a filter may not know it again. */
const spellings: readonly ((name: string) => string)[] = [
  name => name,
  name => name.toLowerCase(),
  name => name.toUpperCase(),
  name => name.toLowerCase().replaceAll(/[aeiou]/g, vowel => vowel.toUpperCase()),
  name => name.replaceAll('-', '_'),
  name => `${name}-`,
  name => `X-${name}`,
  name => name.replace('a', '%61'),
]

/** A call with one of the others is refused, and nothing of it goes further. */
function mayCome(name: string): boolean {
  return !/^((proxy-)?require|replaces)$/i.test(name)
}

t.test('no header of a carrier’s INVITE reaches a media server, in whatever spelling', async t => {
  const door = await realDoor(t, () => [trunkOf({ addresses: [carrierAddress] })])
  const carrier = await farEnd(t, carrierAddress)
  const value = `<sip:${canary}@127.0.0.1;lr>`
  const written: readonly HeaderLine[] = names.flatMap(name =>
    spellings.map(spell => [spell(name), value] as const),
  )
  for (let at = 0; at < written.length; at += 20) {
    const lines = written.slice(at, at + 20).filter(([name]) => mayCome(name))
    await door.dial(carrier, 'sip:1001@127.0.0.1', lines)
  }
  const generated = fc.sample(
    fc
      .tuple(fc.constantFrom(...names), fc.stringMatching(/^[a-z0-9_.~-]{0,4}$/))
      .map(([name, tail]) => name + tail),
    500,
  )
  for (let at = 0; at < generated.length; at += 50) {
    const lines = generated
      .slice(at, at + 50)
      .filter(mayCome)
      .map((name): HeaderLine => [name, value])
    await door.dial(carrier, 'sip:1001@127.0.0.1', lines)
  }
  t.ok(door.server.heard.length >= 15, `${door.server.heard.length} calls got through`)
  const leaked = door.server.heard.flatMap(({ headers }) =>
    headers.lines.filter(([, text]) => text.includes(canary)),
  )
  t.strictSame(leaked, [])
})

t.test('what the list of the trunk names does, so that the above could have been seen', async t => {
  const trunk = trunkOf({ addresses: [carrierAddress], headers: { in: ['Diversion'] } })
  const door = await realDoor(t, () => [trunk])
  const carrier = await farEnd(t, carrierAddress)
  await door.dial(carrier, 'sip:1001@127.0.0.1', [
    ['diversion', `<sip:${canary}@x>`],
    ['X-Whatever', canary],
  ])
  const leaked = door.server.heard.flatMap(({ headers }) =>
    headers.lines.filter(([, text]) => text.includes(canary)),
  )
  t.strictSame(leaked, [['Diversion', `<sip:${canary}@x>`]])
})
