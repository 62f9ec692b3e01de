import t from 'tap'
import { measuredRho } from '../../../../selector/domain/rho.ts'
import { load } from '../../../support/fleet.ts'

const cases: readonly [name: string, waiting: number, inCall: number, current: number, rho: number][] = [
  ['is the share of agents in call', 25, 75, 0.7, 0.75],
  ['is never below 0.6', 90, 10, 0.7, 0.6],
  ['is never above 0.9', 1, 99, 0.7, 0.9],
  ['stays while it is near', 27, 73, 0.7, 0.7],
  ['says nothing with fewer than twenty agents', 1, 18, 0.7, 0.7],
]
for (const [name, waiting, inCall, current, rho] of cases) {
  t.test(`the measured share ${name}`, async t => {
    t.equal(measuredRho([load({ waiting }), load({ inCall })], current), rho)
  })
}

t.test('servers whose numbers are not known to be right do not count', async t => {
  t.equal(measuredRho([load({ waiting: 10, inCall: 10 }), load({ inCall: 90, reconciled: false })], 0.7), 0.6)
})
