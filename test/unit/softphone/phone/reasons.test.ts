import t from 'tap'
import { whyEnded, whyNoMicrophone, whyRefused } from '../../../../softphone/phone/reasons.ts'

const ends: readonly [header: string | undefined, sentence: string][] = [
  [undefined, 'The service ended the call.'],
  ['Q.850;cause=16', 'The service ended the call.'],
  ['SIP;cause=503;text="Media server lost"', 'The service ended the call: Media server lost.'],
  ['SIP ;cause=200 ; text="Signed in elsewhere."', 'The service ended the call: Signed in elsewhere.'],
  ['SIP;text="\u0000\u202e<b>x</b>"', 'The service ended the call: bx/b.'],
  [`SIP;text="${'y'.repeat(500)}"`, `The service ended the call: ${'y'.repeat(120)}.`],
]
for (const [header, sentence] of ends) {
  t.test(`a BYE with Reason ${String(header).slice(0, 40)} is told`, async t =>
    t.equal(whyEnded(header), sentence),
  )
}

t.test('each kind of refusal has its own sentence', async t => {
  const sentences = [403, 408, 503, 488, 486].map(status => whyRefused(status, 'Busy Here'))
  t.equal(new Set(sentences).size, sentences.length)
  t.equal(whyRefused(486, 'Busy Here'), 'The service refused the call (486 Busy Here).')
  t.equal(whyRefused(500, ''), 'The service refused the call (500).')
})

t.test('each fault of the microphone has its own sentence', async t => {
  const names = ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'AnyOtherError']
  t.equal(new Set(names.map(whyNoMicrophone)).size, names.length)
})
