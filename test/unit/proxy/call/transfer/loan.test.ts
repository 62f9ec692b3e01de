import t from 'tap'
import type { CallEvent, CallState, Up } from '../../../../../proxy/call/call.ts'
import { step } from '../../../../../proxy/call/call-state.ts'
import { consultOut, up } from '../fixtures.ts'

const talking: Up = { ...up, server: undefined }
const number = { dialog: 'd-b', leg: 'b' } as const

const lend: CallEvent = { kind: 'lend', sdp: 'o=client' }
const takeBack: CallEvent = { kind: 'take-back' }
const given: CallEvent = { kind: 'given' }
const agentsBye = bye('a')

function bye(leg: 'a' | 'b'): CallEvent {
  return { kind: 'request', leg, dialog: `d-${leg}`, transaction: 't-bye', method: 'BYE', headers: [] }
}

/** What the number says to the re-INVITE of that name. */
function says(transaction: string, status: number, sdp?: string): CallEvent {
  const body = sdp === undefined ? {} : { body: { type: 'application/sdp', content: sdp } }
  const made = status < 300 ? { dialog: number.dialog } : {}
  return { kind: 'response', transaction, status, local: false, ...made, ...body }
}

/** The media anchor is done with what the re-INVITE of that name is for. */
function made(kind: 'media-offered' | 'media-answered', key: string): CallEvent {
  return { kind, key, sdp: 'o=again' }
}

function nameOf(state: CallState): string {
  return state.kind === 'up' && state.loan ? 'loan' : state.kind
}

interface Outcome {
  readonly state: CallState
  /** What followed, in order; `word` is what the other call was told. */
  readonly done: readonly string[]
}

function run(...events: readonly CallEvent[]): Outcome {
  let state: CallState = talking
  const done: string[] = []
  for (const event of events) {
    const [after, ...effects] = step(consultOut, state, event)
    state = after
    for (const effect of effects) {
      if (effect.kind === 'ask') done.push(`${effect.method} ${effect.dialog} ${effect.body?.content}`)
      else if (effect.kind === 'bye') done.push(`BYE ${effect.dialog}`)
      else if (effect.kind === 'loan-told')
        done.push('status' in effect.word ? `failed ${effect.word.status}` : `lent ${effect.word.sdp}`)
      else if (effect.kind === 'offer' || effect.kind === 'answer')
        done.push(
          `${effect.kind} ${effect.exchange.from.tag} ${effect.exchange.sdp} told ${effect.exchange.told}`,
        )
      else if (effect.kind === 'ack') done.push(`ACK ${effect.dialog}`)
      else if (effect.kind === 'respond') done.push(String(effect.status))
    }
  }
  return { state, done }
}

const lent = [lend, says('c1-l2', 200, 'o=number-2')] as const
const back = [takeBack, made('media-offered', 'c1-l2')] as const
const asked = 'INVITE d-b o=client'

const stories: readonly {
  readonly name: string
  readonly events: readonly CallEvent[]
  readonly done: readonly string[]
  /** `up`: agent and number talk as before. Else the verdict. */
  readonly ends: string
}[] = [
  {
    name: 'the number accepts, and is the client’s',
    events: [...lent, given],
    done: [asked, 'ACK d-b', 'lent o=number-2', 'BYE d-a'],
    ends: 'replaced',
  },
  {
    name: 'a number that was not lent cannot be given away',
    events: [given, lend, given, takeBack],
    done: [asked],
    ends: 'loan',
  },
  {
    name: 'it rings no bell, and refuses',
    events: [lend, says('c1-l2', 180), says('c1-l2', 488)],
    done: [asked, 'failed 488'],
    ends: 'up',
  },
  {
    name: 'a challenge to it is no business of the agent',
    events: [lend, says('c1-l2', 407)],
    done: [asked, 'failed 503'],
    ends: 'up',
  },
  {
    name: 'it is offered the media of the agent again, as the next version of what it was told',
    events: [...lent, ...back, says('c1-l3', 200, 'o=number-3'), made('media-answered', 'c1-l3')],
    done: [
      asked,
      'ACK d-b',
      'lent o=number-2',
      'offer a o=a told o=client',
      'INVITE d-b o=again',
      'ACK d-b',
      'answer c1-b1 o=number-3 told o=a-answer',
    ],
    ends: 'up',
  },
  {
    name: 'it does not come back',
    events: [...lent, ...back, says('c1-l3', 488)],
    done: [
      asked,
      'ACK d-b',
      'lent o=number-2',
      'offer a o=a told o=client',
      'INVITE d-b o=again',
      'BYE d-a',
      'BYE d-b',
      'failed 481',
    ],
    ends: 'media-failed',
  },
  {
    name: 'the media anchor cannot bring it back',
    events: [...lent, takeBack, { kind: 'media-failed', key: 'c1-l2' }],
    done: [
      asked,
      'ACK d-b',
      'lent o=number-2',
      'offer a o=a told o=client',
      'BYE d-a',
      'BYE d-b',
      'failed 481',
    ],
    ends: 'media-failed',
  },
  {
    name: 'the agent has left, and hears no BYE',
    events: [...lent, agentsBye, given],
    done: [asked, 'ACK d-b', 'lent o=number-2', '200'],
    ends: 'replaced',
  },
  {
    name: 'the agent has left, and there is nobody to come back to',
    events: [...lent, agentsBye, takeBack],
    done: [asked, 'ACK d-b', 'lent o=number-2', '200', 'BYE d-b', 'failed 481'],
    ends: 'caller-hung-up',
  },
  {
    name: 'the agent leaves while the number comes back',
    events: [...lent, ...back, agentsBye, says('c1-l3', 200, 'o=number-3'), made('media-answered', 'c1-l3')],
    done: [
      asked,
      'ACK d-b',
      'lent o=number-2',
      'offer a o=a told o=client',
      'INVITE d-b o=again',
      '200',
      'ACK d-b',
      'answer c1-b1 o=number-3 told o=a-answer',
      'BYE d-b',
      'failed 481',
    ],
    ends: 'caller-hung-up',
  },
  {
    name: 'the number hangs up after the agent',
    events: [lend, agentsBye, bye('b')],
    done: [asked, '200', '200', 'failed 481'],
    ends: 'caller-hung-up',
  },
  {
    name: 'the agent’s signalling is lost meanwhile',
    events: [...lent, { kind: 'dialog-ended', leg: 'a', dialog: 'd-a' }, given],
    done: [asked, 'ACK d-b', 'lent o=number-2'],
    ends: 'replaced',
  },
  {
    name: 'one is lent to one call at a time',
    events: [lend, lend],
    done: [asked, 'failed 491'],
    ends: 'loan',
  },
]

for (const { name, events, done, ends } of stories)
  t.test(name, async t => {
    const outcome = run(...events)
    t.strictSame(outcome.done, done)
    const { state } = outcome
    t.equal(state.kind === 'over' ? state.verdict : nameOf(state), ends)
  })

t.test('while one side offers something new nobody is lent', async t => {
  const offer: CallEvent = {
    kind: 'request',
    leg: 'a',
    dialog: 'd-a',
    transaction: 't1',
    method: 'INVITE',
    headers: [],
    body: { type: 'application/sdp', content: 'o=new\r\nm=audio 9 RTP/AVP 8' },
  }
  t.ok(run(offer, lend).done.includes('failed 491'))
})
