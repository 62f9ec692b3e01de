import t from 'tap'
import { emptyRoom } from '../../../../softphone/phone/conference.ts'
import { signedOut, type PhoneState, type Stage } from '../../../../softphone/phone/phone-state.ts'
import { linkWording, stageWording } from '../../../../softphone/ui/wording.ts'

const stages: readonly [word: string, stage: Stage][] = [
  ['Signed out', signedOut.stage],
  ['Connecting', { kind: 'connecting' }],
  ['Ready', { kind: 'ready', note: '' }],
  ['Joining', { kind: 'joining', muted: false, placed: true }],
  ['Waiting', { kind: 'waiting', muted: false, room: emptyRoom }],
  ['In call', { kind: 'in-call', muted: false, room: emptyRoom }],
]
for (const [word, stage] of stages) {
  t.test(`${stage.kind} reads ${word}`, async t => t.equal(stageWording(stage).word, word))
}

t.test('a reason that is known is said instead of the usual words', async t => {
  t.equal(
    stageWording({ kind: 'ready', note: 'The service ended the call.' }).meaning,
    'The service ended the call.',
  )
  t.equal(stageWording({ kind: 'signed-out', note: 'No.' }).meaning, 'No.')
})

const lost: PhoneState = {
  ...signedOut,
  stage: { kind: 'ready', note: '' },
  link: { kind: 'reconnecting', attempt: 1 },
}
const links: readonly [name: string, word: string | undefined, meaning: RegExp, state: PhoneState][] = [
  ['a phone that is signed out says nothing of the link', undefined, /^undefined$/, signedOut],
  ['a phone that is online says so', 'Online', /Connected/, { ...lost, link: { kind: 'online' } }],
  ['a phone that lost the door says so', 'Reconnecting', /Trying again/, lost],
  ['a phone without a network says so', 'Offline', /Trying again/, { ...lost, network: false }],
  [
    'in a call it says that the audio goes on',
    'Reconnecting',
    /audio goes on/,
    { ...lost, stage: { kind: 'waiting', muted: false, room: emptyRoom } },
  ],
]
for (const [name, word, meaning, state] of links) {
  t.test(name, async t => {
    const wording = linkWording(state)
    t.equal(wording?.word, word)
    t.match(String(wording?.meaning), meaning)
  })
}
