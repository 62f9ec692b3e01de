import t from 'tap'
import { createAgents, type Agents } from '../../../../proxy/registrar/agents.ts'
import type { Identity } from '../../../../proxy/registrar/authenticate.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { origins, RecordingEdge, requestEvent } from '../../../support/door-parts.ts'

type RequestEvent = Extract<ReturnType<typeof requestEvent>, { kind: 'request' }>

interface Desk {
  readonly agents: Agents
  readonly edge: RecordingEdge
  /** What the next requests prove. */
  identity: Identity
  holds: boolean
  readonly unbound: string[]
}

const known = (agent: string): Identity => ({
  kind: 'known',
  user: agent,
  credentials: { agent, ha1: { md5: '', sha256: agent } },
})

function desk(): Desk {
  const edge = new RecordingEdge()
  const unbound: string[] = []
  const made: Desk = {
    edge,
    unbound,
    identity: known('1001'),
    holds: true,
    agents: createAgents({
      edge,
      authenticator: { identify: async () => made.identity, holds: async () => made.holds },
      registrar: {
        register: async () => ({ status: 200, headers: [] }),
        flowClosed: async (agent, flow) => void unbound.push(`${agent} ${flow}`),
      },
      domain: 'portico.test',
      log: silentLog,
    }),
  }
  return made
}

function request(method: string, agent = '1001'): RequestEvent {
  const headers = [['From', `<sip:${agent}@portico.test>;tag=a`]] as const
  const event = requestEvent(method, { origin: origins.agent, headers })
  if (event.kind !== 'request') throw new Error('not a request')
  return event
}

t.test('what was proven on a connection is not asked for again there', async t => {
  const { agents, edge } = desk()
  await agents.register(request('REGISTER'), 'f')
  t.equal(await agents.identify(request('INVITE'), 'f'), '1001')
  t.strictSame(edge.responses, [{ transaction: 't1', status: 200, headers: [] }])
})

t.test('but it is when the credentials no longer hold', async t => {
  const made = desk()
  await made.agents.register(request('REGISTER'), 'f')
  made.holds = false
  made.identity = { kind: 'challenge', headers: [] }
  t.equal(await made.agents.identify(request('INVITE'), 'f'), undefined)
  t.match(made.edge.responses.at(-1), { status: 401 })
})

t.test('a connection speaks for one agent, and that one only for itself', async t => {
  const made = desk()
  await made.agents.register(request('REGISTER'), 'f')
  t.equal(await made.agents.identify(request('INVITE', '1002'), 'f'), undefined)
  made.identity = known('1002')
  await made.agents.register(request('REGISTER', '1002'), 'f')
  t.match(made.edge.responses, [{ status: 200 }, { status: 403 }, { status: 403 }])
})

t.test('who guesses too much is told when to come back', async t => {
  const made = desk()
  made.identity = { kind: 'slowed', waitMs: 1_500 }
  await made.agents.register(request('REGISTER'), 'f')
  t.match(made.edge.responses, [{ status: 503, headers: [['Retry-After', '2']] }])
})

t.test('a connection that closes takes its bindings with it, also when it closes meanwhile', async t => {
  const { agents, unbound } = desk()
  await agents.register(request('REGISTER'), 'f')
  agents.flowClosed('f')
  const late = agents.register(request('REGISTER'), 'g')
  agents.flowClosed('g')
  await late
  t.strictSame(unbound, ['1001 f', '1001 g'])
})
