import t from 'tap'
import { createTurnstile } from '../../../../engine/transport/turnstile.ts'

/** A turnstile in which turns come when the test wants. */
function turnstile(perTurn: number): {
  readonly begun: number[]
  readonly ask: (count: number) => void
  readonly turn: () => void
} {
  let due: (() => void)[] = []
  const enter = createTurnstile(perTurn, task => due.push(task))
  const begun: number[] = []
  let asked = 0
  return {
    begun,
    ask(count) {
      for (let n = 0; n < count; n++) {
        const own = (asked += 1)
        enter(() => begun.push(own))
      }
    },
    turn() {
      const now = due
      due = []
      for (const task of now) task()
    },
  }
}

t.test('a few begin at once', async t => {
  const { begun, ask } = turnstile(3)
  ask(2)
  t.strictSame(begun, [1, 2])
})

t.test('of a crowd one lot begins in each turn, in the order in which they came', async t => {
  const { begun, ask, turn } = turnstile(3)
  ask(8)
  t.strictSame(begun, [1, 2, 3])
  turn()
  t.strictSame(begun, [1, 2, 3, 4, 5, 6])
  ask(2)
  t.equal(begun.length, 6, 'whoever comes later stands behind')
  turn()
  t.strictSame(begun, [1, 2, 3, 4, 5, 6, 7, 8, 9])
  turn()
  t.strictSame(begun, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  turn()
  turn()
  ask(3)
  t.equal(begun.length, 13, 'and nobody waits when the crowd is gone')
})

t.test('whoever comes between two turns does not overtake the line', async t => {
  const { begun, ask, turn } = turnstile(2)
  ask(3)
  turn()
  ask(2)
  t.strictSame(begun, [1, 2, 3, 4])
  turn()
  t.strictSame(begun, [1, 2, 3, 4, 5])
})
