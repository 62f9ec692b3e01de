import t from 'tap'
import { signStep, type SignEvent, type VitalSigns } from '../../../../proxy/route/vital-signs.ts'

const silent: SignEvent = { kind: 'manager', silent: true }
const heard: SignEvent = { kind: 'manager', silent: false }
const examined = (
  sip: 'there' | 'missing',
  media: 'there' | 'missing' | 'unknown',
): Extract<SignEvent, { kind: 'examined' }> => ({ kind: 'examined', sip, media })

const table: readonly (readonly [VitalSigns, SignEvent, readonly [VitalSigns, string?]])[] = [
  ['well', silent, ['suspected', 'examine']],
  ['well', heard, ['well']],
  ['well', examined('missing', 'missing'), ['well']],
  ['suspected', silent, ['suspected']],
  ['suspected', heard, ['well']],
  ['suspected', examined('missing', 'missing'), ['lost', 'save']],
  ['suspected', examined('missing', 'there'), ['suspected', 'examine-again']],
  ['suspected', examined('there', 'missing'), ['suspected', 'examine-again']],
  ['suspected', examined('missing', 'unknown'), ['suspected', 'examine-again']],
  ['lost', silent, ['lost']],
  ['lost', examined('missing', 'missing'), ['lost']],
  ['lost', heard, ['well']],
]

for (const [state, event, expected] of table) {
  t.test(`${state}, ${JSON.stringify(event)}`, async t => {
    t.strictSame(signStep(state, event), expected)
  })
}
