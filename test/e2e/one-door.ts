import t from 'tap'
import { startWorld, type WorldOptions } from '../support/world.ts'
import { tellAgentLeg } from './agent-leg.ts'
import { tellConsultNumber } from './consult-number.ts'
import { tellDialOut } from './dial-out.ts'

/** What one door does for agents and their clients, with that signalling engine: the stories share one call centre, as it takes long to build. */
export async function tellOneDoor(engine: WorldOptions['engine']): Promise<void> {
  const world = await startWorld({
    servers: 2,
    store: 'memory:',
    engine,
    settings: {
      agents: { domain: 'portico.test', flowGraceMs: 300, holdMs: 3_000 },
      trunks: { probeMs: 0 },
      dialOut: { prefixes: ['+49'], callsPerAgent: 1 },
    },
  })
  t.teardown(async () => {
    if (!t.passing()) for (const line of world.output) t.comment(line)
    await world.stop()
  })
  await t.test(`an agent's leg, with ${engine}`, t => tellAgentLeg(t, world))
  await t.test(`numbers that are dialled, with ${engine}`, t => tellDialOut(t, world))
  await t.test(`a number that an agent talks to, with ${engine}`, t => tellConsultNumber(t, world))
}
