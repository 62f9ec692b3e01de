import t from 'tap'
import type { EngineEvent } from '../../engine/api.ts'
import { request as build } from '../../engine/message/build.ts'
import type { Target, Transports } from '../../engine/transport/transport.ts'
import { Chance } from './chance.ts'
import type { Sabotage, TestedEngine } from './host.ts'
import type { Invariant } from './judge.ts'
import { calmSwarm, swarmOf, type Swarm } from './swarm.ts'
import { simulate } from './world.ts'

t.setTimeout(120_000)

t.test('the same seed gives the same run to the byte, another seed another one', async t => {
  const first = simulate(4, { minutes: 3 })
  t.equal(simulate(4, { minutes: 3 }).hash, first.hash)
  t.equal(simulate(4, { minutes: 3, keepsTrace: true }).hash, first.hash, 'also when the trace is kept')
  t.not(simulate(5, { minutes: 3 }).hash, first.hash)
  t.ok(first.packets > 100, `${first.packets} packets`)
})

t.test('each part of a world draws from a stream of its own', async t => {
  const chance = new Chance(1)
  const expected = chance.stream('a').hex(8)
  chance.share()
  t.equal(chance.stream('a').hex(8), expected)
  t.not(chance.stream('b').hex(8), expected)
})

t.test('where nothing goes wrong, nobody has to give up', async t => {
  for (let seed = 1; seed <= 10; seed++) {
    const { violation, reached } = simulate(seed, { minutes: 3, swarm: calmSwarm(seed) })
    t.equal(violation, undefined)
    for (const point of ['timeout-invite', 'timeout-other', 'unreachable', 'ack-timeout'] as const) {
      t.notOk(reached.has(point), `seed ${seed}: ${point}`)
    }
  }
})

/** A fault of an engine, and the invariant that must notice it. */
const faults: readonly [name: string, Invariant, Sabotage, Partial<Swarm['cast']>?][] = [
  ['ACKs do not come through to it', 'I6', { transports: deaf(text => text.startsWith('ACK ')) }],
  ['it does not tell that a call has ended', 'I6', { engine: told(event => !isRequest(event, 'BYE')) }],
  ['it tells final responses twice', 'I1', { engine: twice(event => isFinal(event)) }],
  [
    'it keeps final responses of INVITEs to itself',
    'I1',
    { engine: told(event => !isFinal(event, 'INVITE')) },
  ],
  ['it does not send ACKs', 'I1', { transports: mute(text => text.startsWith('ACK ')) }],
  ['it tells one INVITE as two calls', 'I7', { engine: twice(event => isRequest(event, 'INVITE')) }],
  ['it sends requests again after their end', 'I2', { transports: stuttering }],
  ['it writes two Content-Length', 'I11', { transports: writing('Content-Length: 0') }],
  ['it writes a line that is no header', 'I11', { transports: writing('what') }],
  ['it answers where the Via says', 'I8', { transports: gullible }, { hostile: true }],
  ['it has no limit for one peer', 'I10', { options: unlimited }, { flooder: true }],
]

for (const [name, invariant, sabotage, cast] of faults) {
  t.test(`an engine is found out when ${name}`, async t => {
    const caught: Invariant[] = []
    for (let seed = 1; seed <= 8 && caught.length === 0; seed++) {
      const swarm = { ...swarmOf(seed), limits: invariant === 'I10' ? { perSource: 8 } : {} }
      const outcome = simulate(seed, {
        minutes: 4,
        sabotage,
        swarm: { ...swarm, cast: { ...swarm.cast, ...cast } },
      })
      if (outcome.violation !== undefined) caught.push(outcome.violation.invariant)
    }
    t.strictSame(caught, [invariant])
  })
}

t.test('an engine is found out when it only says that it has hung up', async t => {
  const calm = calmSwarm(1)
  const swarm = { ...calm, sessionSec: 0, habits: { ...calm.habits, actEveryMs: 0 } }
  const { violation } = simulate(1, { minutes: 4, swarm, sabotage: { engine: idle } })
  t.equal(violation?.invariant, 'I3')
})

/** What comes in and fits is lost, although it had arrived. */
function deaf(hears: (text: string) => boolean): NonNullable<Sabotage['transports']> {
  return transports => ({
    ...passing(transports),
    start: receive =>
      transports.start(event => {
        if (event.kind !== 'message' || !hears(event.bytes.toString('latin1'))) receive(event)
      }),
  })
}

function mute(swallows: (text: string) => boolean): NonNullable<Sabotage['transports']> {
  return transports => ({
    ...passing(transports),
    send(bytes, target, failed) {
      if (!swallows(bytes.toString('latin1'))) transports.send(bytes, target, failed)
    },
  })
}

function stuttering(transports: Transports): Transports {
  let last: (() => void) | undefined
  return {
    ...passing(transports),
    send(bytes, target, failed) {
      last?.()
      last = undefined
      transports.send(bytes, target, failed)
      if (bytes.toString('latin1', 0, 4) === 'BYE ') last = () => transports.send(bytes, target, failed)
    },
  }
}

function writing(line: string): NonNullable<Sabotage['transports']> {
  return transports => ({
    ...passing(transports),
    send(bytes, target, failed) {
      const text = bytes.toString('latin1').replace('\r\n\r\n', `\r\n${line}\r\n\r\n`)
      transports.send(Buffer.from(text, 'latin1'), target, failed)
    },
  })
}

/** Sends responses to the host that the top Via names. */
function gullible(transports: Transports): Transports {
  return {
    ...passing(transports),
    send(bytes, target, failed) {
      const host = /^SIP\/2\.0 [^]*?\r\nVia: SIP\/2\.0\/UDP ([\d.]+)/.exec(bytes.toString('latin1'))?.[1]
      const wrong: Target = host === undefined || 'flow' in target ? target : { ...target, host }
      transports.send(bytes, wrong, failed)
    },
  }
}

function unlimited(options: Parameters<NonNullable<Sabotage['options']>>[0]): typeof options {
  return { ...options, limits: {} }
}

function passing(transports: Transports): Transports {
  return {
    start: receive => transports.start(receive),
    stop: () => transports.stop(),
    listeners: () => transports.listeners(),
    route: target => transports.route(target),
    send: (bytes, target, failed) => transports.send(bytes, target, failed),
    closeFlow: flow => transports.closeFlow(flow),
  }
}

/** Tells only what `keeps` says. */
function told(keeps: (event: EngineEvent) => boolean): (engine: TestedEngine) => TestedEngine {
  return engine => ({
    ...engine,
    onEvent(receiver) {
      engine.onEvent(event => {
        if (keeps(event)) receiver(event)
      })
    },
  })
}

function twice(what: (event: EngineEvent) => boolean): (engine: TestedEngine) => TestedEngine {
  return engine => ({
    ...engine,
    onEvent(receiver) {
      engine.onEvent(event => {
        receiver(event)
        if (event.kind === 'request' && what(event))
          receiver({ ...event, transaction: `${event.transaction}'` })
        else if (what(event)) receiver(event)
      })
    },
  })
}

/** Takes the order for a BYE and does nothing. */
function idle(engine: TestedEngine): TestedEngine {
  const done = {
    ok: true,
    transaction: 'none',
    request: build('BYE', 'sip:nobody', []),
    via: { transport: 'udp', address: '', port: 0 },
  } as const
  return { ...engine, request: parts => (parts.method === 'BYE' ? done : engine.request(parts)) }
}

function isRequest(event: EngineEvent, method: string): boolean {
  return event.kind === 'request' && event.request.method === method
}

function isFinal(event: EngineEvent, method = ''): boolean {
  if (event.kind !== 'response' || event.response.status < 200) return false
  return event.response.headers.get('cseq')?.endsWith(method) === true
}
