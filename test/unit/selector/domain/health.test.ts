import t from 'tap'
import { healthStep, initialHealth, type HealthOutcome } from '../../../../selector/domain/health.ts'
import type { Health } from '../../../../selector/domain/media-server.ts'

/** `+` succeeded, `-` failed. */
const cases: readonly [name: string, outcomes: string, health: Health, since: number][] = [
  ['nothing is known at first', '', 'unknown', 0],
  ['one success puts an unknown server up', '+', 'up', 1],
  ['two failures change nothing', '+--', 'up', 1],
  ['three failures in a row put it down', '+---', 'down', 4],
  ['a success between failures starts the count anew', '+--+--', 'up', 1],
  ['an unknown server goes down as well', '---', 'down', 3],
  ['one success does not bring it back', '---+', 'down', 3],
  ['two successes in a row bring it back', '---++', 'up', 5],
  ['a failure between successes starts the count anew', '---+-+', 'down', 3],
]
for (const [name, outcomes, health, since] of cases) {
  t.test(name, async t => {
    const kinds = outcomes.split('').map((sign): HealthOutcome => (sign === '+' ? 'succeeded' : 'failed'))
    const after = kinds.reduce(
      (state, outcome, index) => healthStep(state, outcome, index + 1),
      initialHealth,
    )
    t.match(after, { health, since })
  })
}
