import t from 'tap'
import { doorParts, origins, requestEvent, type DoorParts } from '../../../support/door-parts.ts'
import { as, enter } from '../../../support/door-scene.ts'

/** Connections of other doors, as doubles of this one's know them. */
const far = { flow: 'far-1', at: 'd2' }
const elsewhere = { flow: 'far-2', at: 'd3' }

/** An agent whose conference is here and whose connection has gone to another door. */
async function scene(): Promise<DoorParts> {
  const parts = doorParts()
  await enter(parts, '1001')
  await parts.tell({ kind: 'flow-closed', flow: origins.agent.flow })
  parts.door.agentFlows.registeredElsewhere('1001', far)
  return parts
}

async function register(parts: DoorParts): Promise<void> {
  await parts.tell(
    requestEvent('REGISTER', {
      origin: origins.agentAgain,
      headers: [
        ...as('1001'),
        ['To', '<sip:1001@portico.test>'],
        ['Contact', '<sip:x@agent.invalid>'],
        ['Call-ID', 'r'],
        ['CSeq', '1 REGISTER'],
      ],
    }),
  )
}

/** The verdicts of the calls that are over when every grace is. */
function verdicts({ clock, records }: DoorParts): readonly string[] {
  clock.advance(60_000)
  return records.map(({ verdict }) => verdict)
}

t.test('an agent whose door dies and that does not come back is let go', async t => {
  const parts = await scene()
  await parts.tell({ kind: 'flow-closed', flow: far.flow })
  t.strictSame(verdicts(parts), ['flow-lost'])
})

t.test('one that registers here before the death of its door is noticed keeps its call', async t => {
  const parts = await scene()
  await register(parts)
  parts.clock.advance(12_000)
  await parts.tell({ kind: 'flow-closed', flow: far.flow })
  t.strictSame(verdicts(parts), [])
})

t.test('so does one that registers at a third door', async t => {
  const parts = await scene()
  parts.door.agentFlows.registeredElsewhere('1001', elsewhere)
  await parts.tell({ kind: 'flow-closed', flow: far.flow })
  t.strictSame(parts.told.slice(-1), ['claim far-2'])
  t.strictSame(verdicts(parts), [])
})

t.test('one that comes back and is gone again has not come back', async t => {
  const parts = await scene()
  await register(parts)
  await parts.tell({ kind: 'flow-closed', flow: origins.agentAgain.flow })
  await parts.tell({ kind: 'flow-closed', flow: far.flow })
  t.strictSame(verdicts(parts), ['flow-lost'])
})

t.test('what another phone of the agent did long before is no return', async t => {
  const parts = await scene()
  await register(parts)
  parts.clock.advance(16_000)
  await parts.tell({ kind: 'flow-closed', flow: far.flow })
  t.strictSame(verdicts(parts), ['flow-lost'])
})

t.test('the same connection, registered again, is no return either', async t => {
  const parts = await scene()
  parts.door.agentFlows.registeredElsewhere('1001', far)
  await parts.tell({ kind: 'flow-closed', flow: far.flow })
  t.strictSame(verdicts(parts), ['flow-lost'])
})

t.test(
  'a connection of this door that is lost is noticed at once, so that nothing before it is a return',
  async t => {
    const parts = doorParts()
    await enter(parts, '1001')
    await register(parts)
    await parts.tell({ kind: 'flow-closed', flow: origins.agent.flow })
    t.strictSame(verdicts(parts), ['flow-lost'])
  },
)

t.test('a door that was only late gives back what it holds', async t => {
  const parts = await scene()
  await parts.tell({ kind: 'flow-closed', flow: far.flow })
  parts.clock.advance(20_000)
  parts.door.agentFlows.back('far-9')
  parts.door.agentFlows.back(far.flow)
  t.strictSame(verdicts(parts), [])
  parts.door.hangUpAll()
  t.match(
    parts.edge.requests.find(({ method, dialog }) => method === 'BYE' && dialog === 'dialog-1001'),
    { flow: far.flow },
  )
})
