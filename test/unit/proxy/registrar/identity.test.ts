import t from 'tap'
import { Headers } from '../../../../engine/message/headers.ts'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import { speaksFor } from '../../../../proxy/registrar/identity.ts'

function isOwn(...lines: HeaderLine[]): boolean {
  const headers = new Headers([...lines])
  const request = { kind: 'request', method: 'INVITE', uri: 'sip:x', headers, body: Buffer.alloc(0) } as const
  return speaksFor(request, '1001', 'portico.test')
}

const own: HeaderLine = ['From', '"Ann" <sip:1001@portico.test>;tag=a']

const fitting: readonly (readonly [string, readonly HeaderLine[]])[] = [
  ['its own address', [own]],
  ['its address in other letters', [['From', 'sips:%31001@PORTICO.test']]],
  ['a device as Contact (RFC 7118 §5.1)', [own, ['Contact', '<sip:x7d@k3.invalid;transport=ws>']]],
  ['its own address in every place', [own, ['P-Asserted-Identity', '<sip:1001@portico.test>']]],
]
for (const [name, lines] of fitting) t.test(`${name} fits`, async t => t.equal(isOwn(...lines), true))

const foreign: readonly (readonly [string, readonly HeaderLine[]])[] = [
  ['no sender at all', []],
  ['another agent', [['From', '<sip:1002@portico.test>;tag=a']]],
  ['the same name elsewhere', [['From', '<sip:1001@evil.test>']]],
  ['another scheme', [['From', '<tel:1001>']]],
  ['a display name that looks like it', [['From', '"<sip:1001@portico.test>" <sip:1002@portico.test>']]],
  ['another agent’s address as Contact', [own, ['Contact', '<sip:1002@portico.test>']]],
  [
    'another agent’s address as one of several Contacts',
    [own, ['Contact', '<sip:1001@portico.test>, <sip:1002@Portico.test;transport=ws>']],
  ],
  ['another asserted identity', [own, ['P-Asserted-Identity', '<sip:1002@portico.test>']]],
  ['a number as identity', [own, ['P-Asserted-Identity', '<tel:+49301234>']]],
  [
    'one of two identities',
    [own, ['P-Preferred-Identity', '<sip:1001@portico.test>, <sip:1002@portico.test>']],
  ],
]
for (const [name, lines] of foreign) t.test(`${name} does not`, async t => t.equal(isOwn(...lines), false))
